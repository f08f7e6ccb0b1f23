use std::{fs, path::PathBuf};

use super::*;

/// A folder of the operator's, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, String)]) -> Self {
        let name = format!("postern-providers-{}", hex::encode(crate::id::random::<8>()));
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir(&folder.0).unwrap();
        for (name, text) in files {
            fs::write(folder.0.join(name), text).unwrap();
        }
        folder
    }

    fn catalogue(&self) -> Catalogue {
        Catalogue::new(Some(self.0.clone()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_in_the_folder_is_a_provider() {
    let folder =
        Folder::new(&[("acme.toml", acme(&format!("aliases = ['acme-corp']\n{KEY}"))), ("notes.txt", "x".into())]);
    let catalogue = folder.catalogue();
    assert_eq!(catalogue.get("acme").unwrap().unwrap().name(), "Acme");
    assert_eq!(catalogue.get("acme-corp").unwrap().unwrap().slug(), "acme");
    assert_eq!(catalogue.all().next().unwrap().0, "acme");
    assert_eq!(catalogue.problems(), []);
}

#[test]
fn a_built_in_provider_is_replaced_only_on_purpose() {
    let folder = Folder::new(&[("github.toml", acme(KEY))]);
    let catalogue = folder.catalogue();
    assert_eq!(catalogue.get("github").unwrap().unwrap().name(), "GitHub");
    assert!(catalogue.problems()[0].to_string().contains("`github` is built in"), "{:?}", catalogue.problems());

    let folder = Folder::new(&[("github.toml", format!("override = true\n{}", acme(KEY)))]);
    let catalogue = folder.catalogue();
    assert_eq!(catalogue.get("github").unwrap().unwrap().name(), "Acme");
    assert_eq!(catalogue.problems(), []);
}

#[test]
fn a_replacement_that_is_bad_does_not_fall_back_to_the_one_it_was_to_replace() {
    let folder = Folder::new(&[("github.toml", format!("override = true\ncolour = 1\n{}", acme(KEY)))]);
    let error = folder.catalogue().get("github").unwrap().unwrap_err();
    assert!(error.to_string().contains("unknown field `colour`"), "{error}");
}

#[test]
fn a_bad_file_takes_nothing_else_down() {
    let folder = Folder::new(&[
        ("bad.toml", acme("colour = 1\n")),
        ("broken.toml", "name = ".into()),
        ("good.toml", acme(KEY)),
        ("oauth.toml", acme(KEY)),
        ("Wrong Name.toml", acme(KEY)),
    ]);
    let catalogue = folder.catalogue();
    assert!(catalogue.get("good").unwrap().is_ok());
    assert!(catalogue.get("slack").unwrap().is_ok());
    assert!(catalogue.get("bad").unwrap().unwrap_err().to_string().starts_with("bad.toml: "));
    assert!(catalogue.get("broken").unwrap().unwrap_err().to_string().starts_with("broken.toml: "));
    assert!(catalogue.get("oauth").is_none());
    let mut files: Vec<_> = catalogue.problems().into_iter().map(|problem| problem.file).collect();
    files.sort();
    assert_eq!(files, ["Wrong Name.toml", "bad.toml", "broken.toml", "oauth.toml"]);
    assert_eq!(catalogue.list().count(), Catalogue::new(None).list().count() + 1);
}

#[test]
fn an_alias_cannot_take_another_provider_over() {
    for alias in ["github", "google_workspace", "oauth", "int_x"] {
        let folder = Folder::new(&[("acme.toml", acme(&format!("aliases = ['{alias}']\n{KEY}")))]);
        let catalogue = folder.catalogue();
        assert!(catalogue.get("acme").is_none(), "{alias}");
        assert!(catalogue.problems()[0].to_string().contains(alias), "{alias}");
    }
    let folder = Folder::new(&[("google_workspace.toml", acme(KEY))]);
    assert!(folder.catalogue().problems()[0].to_string().contains("is an alias of `google`"));
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_the_built_in_providers_stay() {
    let catalogue = Catalogue::new(Some(PathBuf::from("no/such/folder")));
    assert!(catalogue.get("github").unwrap().is_ok());
    assert_eq!(catalogue.problems()[0].file, "PROVIDERS_DIR");
}

#[test]
fn a_file_may_extend_a_built_in_one_but_not_one_that_extends() {
    let head = "name = 'Mail'\nicon = 'FaX'\ndescription = 'x'\ndocs = 'https://x.test'\nsource = 'https://x.test'\n\
                checked = 2026-11-20\n";
    let folder = Folder::new(&[
        ("gmail.toml", format!("extends = 'google'\n{head}")),
        ("twice.toml", format!("extends = 'google_calendar'\n{head}")),
        ("nothing.toml", format!("extends = 'nonesuch'\n{head}")),
        ("unknown.toml", format!("extends = 'google'\n{head}[auth.oauth2]\ncolour = 1\n")),
    ]);
    let catalogue = folder.catalogue();
    let gmail = catalogue.get("gmail").unwrap().unwrap();
    assert_eq!((gmail.family(), gmail.file().category.as_str()), ("google", "Productivity"));
    assert!(catalogue.get("twice").unwrap().unwrap_err().to_string().contains("itself extends"));
    assert!(catalogue.get("nothing").unwrap().unwrap_err().to_string().contains("which there is not"));
    let error = catalogue.get("unknown").unwrap().unwrap_err().to_string();
    assert!(error.contains("unknown field `colour`") && error.contains("auth.oauth2"), "{error}");
}
