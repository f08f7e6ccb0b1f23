use super::*;

const DEPLOYED: [&str; 30] = [
    "amazon",
    "anthropic",
    "aws",
    "confluence",
    "dropbox",
    "email",
    "emergent",
    "facebook",
    "facebook_oauth",
    "figma",
    "github",
    "gmail",
    "google",
    "google_calendar",
    "google_drive",
    "google_meet",
    "google_sheets",
    "greenhouse",
    "hubspot",
    "jira",
    "n8n",
    "notion",
    "openai",
    "planka",
    "salesforce",
    "sheets",
    "slack",
    "telegram",
    "webhook",
    "workday",
];

#[test]
fn every_built_in_file_reads_and_says_where_it_is_from() {
    let catalogue = Catalogue::local(None, "http://localhost:3000");
    for (slug, entry) in catalogue.all() {
        let provider = entry.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(provider.slug(), slug);
        assert!(!provider.file().source.is_empty(), "{slug}");
        assert!(provider.file().checked >= jiff::civil::date(2026, 11, 20), "{slug}");
        let proves = provider.file().test.is_some() || !provider.file().identity.is_empty();
        assert!(proves || slug == "sandbox" || provider.minting().is_some(), "{slug}");
    }
    assert_eq!(catalogue.problems(), []);
}

#[test]
fn a_deployment_offers_them_in_order_without_the_sandbox() {
    let catalogue = Catalogue::new(None);
    assert_eq!(catalogue.list().map(|provider| provider.slug().to_owned()).collect::<Vec<_>>(), DEPLOYED);
    assert!(catalogue.get("sandbox").is_none());
    assert!(catalogue.get("nonesuch").is_none());
}

#[test]
fn an_alias_leads_to_the_provider() {
    assert_eq!(Catalogue::new(None).get("google_workspace").unwrap().unwrap().slug(), "google");
}

#[test]
fn the_sandbox_lives_at_our_own_address() {
    let catalogue = Catalogue::local(None, "http://localhost:4711/");
    let sandbox = catalogue.get("sandbox").unwrap().unwrap();
    assert_eq!(sandbox.hosts().iter().map(ToString::to_string).collect::<Vec<_>>(), ["localhost:4711"]);
    let test = sandbox.test(&Values::new().access_token("at".into())).unwrap();
    assert_eq!(test.request.uri(), "http://localhost:4711/sandbox/me");
    for address in ["http://localhost", "https://dev.example.test"] {
        let sandbox = Catalogue::local(None, address).get("sandbox").unwrap().unwrap();
        let test = sandbox.test(&Values::new().access_token("at".into())).unwrap();
        assert_eq!(test.request.uri().to_string(), format!("{address}/sandbox/me"));
    }
    assert_eq!(sandbox.oauth2().unwrap().public_client.as_deref(), Some("sandbox"));
}

#[test]
fn a_file_that_extends_another_connects_like_it_and_offers_its_own() {
    let (google, calendar) = (built_in("google"), built_in("google_calendar"));
    assert_eq!(calendar.family(), "google");
    assert_eq!(google.family(), "google");
    assert!(calendar.revokes_account());
    let (theirs, ours) = (google.oauth2().unwrap(), calendar.oauth2().unwrap());
    assert_eq!(ours.token_url, theirs.token_url);
    assert_eq!(ours.authorize_params.len(), 2);
    assert_eq!(ours.scopes.len(), 3);
    assert!(calendar.file().actions.contains_key("create_event"));
    assert!(!calendar.file().actions.contains_key("gmail_send_message"));
    assert_eq!(calendar.file().aliases, [""; 0]);
}

#[test]
fn only_the_files_that_say_why_go_without_a_proof_key() {
    let without: Vec<_> = Catalogue::new(None)
        .list()
        .filter(|provider| provider.oauth2().is_some_and(|oauth2| oauth2.pkce == schema::Pkce::Off))
        .map(|provider| provider.slug().to_owned())
        .collect();
    assert_eq!(without, ["amazon", "facebook_oauth", "greenhouse", "notion", "slack", "workday"]);
}
