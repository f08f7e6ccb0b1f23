//! What the URL gate lets through, and every known way around one.

use proptest::prelude::*;
use url::Url;

use crate::egress::address::not_public;
use crate::egress::gate::literal;
use crate::egress::{Blocked, Error, gate};

fn blocked(text: &str) -> Blocked {
    match gate(text) {
        Err(Error::Blocked(why)) => why,
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[test]
fn ordinary_addresses_pass() {
    for text in [
        "https://example.com",
        "HTTPS://Example.COM/Path?q=a@b",
        "http://example.com:80/",
        "https://board.example.com:8443/api/",
        "https://n8n.example.com:5678/",
        "https://xn--bcher-kva.example/",
        "https://my_app.example.com/@user/x..y",
        "http://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ] {
        assert!(gate(text).is_ok(), "{text}");
    }
}

#[test]
fn addresses_written_in_other_ways_are_refused() {
    for text in [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0x7f.1/",
        "http://0251.0376.0251.0376/",
        "http://2852039166/",
        "http://134744072/",
        "http://0/",
        "http://127.0.0.1./",
        "http://example.com./",
        "http://localhost./",
        "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "http://\u{2460}\u{2461}\u{2466}.0.0.1/",
        "http://127\u{3002}0\u{3002}0\u{3002}1/",
        "http://example\u{ad}.com/",
        "http://%31%32%37.0.0.1/",
        "http://ex%61mple.com/",
        "http://[::ffff:169.254.169.254]/",
        "http://[0:0::1]/",
        "http://[fe80::1%25eth0]/",
        "http://example.com:0443/",
        "http://example.com:/",
        "http://example.com:99999/",
        "http://a..b.com/",
        "http://-a.com/",
        "http:///example.com/",
        "http://b\u{fc}cher.example/",
        "http://localhost/",
        "http://metadata/latest",
        "http://exa*mple.com/",
    ] {
        assert_eq!(blocked(text), Blocked::Host, "{text}");
    }
}

#[test]
fn private_literals_are_refused() {
    for text in [
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/2018-06-01/runtime/invocation/next",
        "http://169.254.100.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2/v2/credentials",
        "http://169.254.170.23/",
        "http://[fd00:ec2::254]/",
        "http://[fd00:ec2::23]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::a9fe:a9fe]/",
        "http://[::1]/",
        "http://[::]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
    ] {
        assert!(matches!(blocked(text), Blocked::Address(_)), "{text}");
    }
}

#[test]
fn tricks_with_the_authority_are_refused() {
    for (text, why) in [
        ("http://user@example.com/", Blocked::Userinfo),
        ("http://user:password@example.com/", Blocked::Userinfo),
        ("http://example.com@169.254.169.254/", Blocked::Userinfo),
        ("http://@example.com/", Blocked::Userinfo),
        ("http://example.com%40169.254.169.254/", Blocked::Host),
        ("http://example.com#@169.254.169.254/", Blocked::NotPlain),
        ("http://169.254.169.254#@example.com/", Blocked::NotPlain),
        ("http://example.com\\@169.254.169.254/", Blocked::NotPlain),
        ("http://169.254.169.254\\@example.com/", Blocked::NotPlain),
        ("http:\\\\example.com/", Blocked::NotPlain),
        ("http:/example.com/", Blocked::NotPlain),
        ("//example.com/", Blocked::NotPlain),
        ("http://exam\tple.com/", Blocked::NotPlain),
        ("http://example.com/\r\nHost: evil", Blocked::NotPlain),
        (" http://example.com/", Blocked::NotPlain),
        ("ftp://example.com/", Blocked::Scheme),
        ("file:///etc/passwd", Blocked::Scheme),
        ("gopher://example.com:80/", Blocked::Scheme),
        ("javascript://example.com/", Blocked::Scheme),
        ("http://example.com/a/../b", Blocked::Path),
        ("http://example.com/a/%2E%2e/b", Blocked::Path),
        ("http://example.com/.%2e", Blocked::Path),
    ] {
        assert_eq!(blocked(text), why, "{text}");
    }
    assert_eq!(blocked(&format!("http://example.com/{}", "a".repeat(2048))), Blocked::NotPlain);
}

#[test]
fn odd_ports_are_refused() {
    for port in [0, 1, 21, 22, 23, 25, 110, 465, 587, 2375, 3306, 5432, 6379, 9001, 9200, 11211, 27017] {
        assert_eq!(blocked(&format!("http://example.com:{port}/")), Blocked::Port(port));
    }
}

/// Pieces that come close to getting through more often than random text does.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "http://",
            "https://",
            "example.com",
            "a.b",
            "127.0.0.1",
            "0x7f",
            "1.2.3.4",
            "[::1]",
            "[2606:4700::1]",
            ":80",
            ":443",
            ":8080",
            ":",
            "/",
            "?",
            "#",
            "@",
            "\\",
            ".",
            "..",
            "%2e",
            "%00",
            "xn--",
            "\u{ff11}",
            "\u{3002}",
            "\t",
            "é",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,4}",
        any::<u32>().prop_map(|n| std::net::Ipv4Addr::from(n).to_string()),
        any::<u128>().prop_map(|n| format!("[{}]", std::net::Ipv6Addr::from(n))),
    ];
    (prop::sample::select(vec!["http://", "https://", ""]), prop::collection::vec(piece, 0..6))
        .prop_map(|(scheme, rest)| format!("{scheme}{}", rest.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever passes means one host to three readers, is no private literal, and passes again as it came out.
    #[test]
    fn what_passes_is_read_alike_by_everybody(text in pieces()) {
        if let Ok(url) = gate(&text) {
            let host = url.host_str().unwrap();
            let read = Url::parse(&text).unwrap();
            prop_assert_eq!(read.host_str(), Some(host));
            let uri: http::Uri = url.as_str().parse().unwrap();
            prop_assert_eq!(uri.host(), Some(host));
            let (_, rest) = text.split_once("://").unwrap();
            prop_assert!(rest.to_ascii_lowercase().starts_with(host));
            prop_assert!(url.username().is_empty() && url.password().is_none());
            if let Some(address) = literal(&url) {
                prop_assert_eq!(not_public(address), None);
            }
            prop_assert_eq!(gate(url.as_str()).unwrap(), url);
        }
    }
}
