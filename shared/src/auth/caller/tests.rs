//! What keys may do, and what they never are.

use super::*;
use crate::id::{Ids, KeyId};

fn key(scopes: &[Scope], providers: Reach<String>, project: Option<&str>) -> Caller {
    let ids = Ids::system();
    let key = ServiceKey {
        id: ids.make::<KeyId>(),
        org: ids.make(),
        name: "back end".to_owned(),
        scopes: scopes.to_vec(),
        providers,
        users: Reach::ALL,
        project: project.map(str::to_owned),
        created_by: ids.make(),
        keyring: 0,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        expires_at: jiff::Timestamp::MAX,
    };
    Caller::key(Arc::new(key), None)
}

#[test]
fn a_key_may_do_what_it_was_made_for_and_no_more() {
    let caller = key(&[Scope::TokensRead], Reach::Only(vec!["github".to_owned()]), Some("al-chat"));
    assert!(caller.require_scope(Scope::TokensRead).is_ok());
    for scope in Scope::ALL.iter().filter(|scope| **scope != Scope::TokensRead) {
        assert_eq!(caller.require_scope(*scope).unwrap_err().code(), Code::ScopeMissing);
    }
    assert!(caller.may_use_provider("github").is_ok());
    assert!(caller.may_use_provider("slack").is_err());
    assert_eq!(caller.label(None).unwrap(), "al-chat");
    assert_eq!(caller.label(Some("al-chat")).unwrap(), "al-chat");
    assert!(caller.label(Some("default")).is_err());
    assert!(caller.may_see("github", "al-chat") && !caller.may_see("github", "default"));
}

#[test]
fn a_key_is_never_a_person_nor_an_administrator() {
    let caller = key(Scope::ALL, Reach::ALL, None);
    assert!(caller.require_person().is_err());
    assert!(caller.require_admin().is_err());
}
