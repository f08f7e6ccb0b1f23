//! Finds providers: those built in, and those of the operator's folder. A file is read when it is first asked for.
//!
//! A bad file is an error of its own provider and of nothing else.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use super::{
    Provider,
    load::{ProviderError, load},
    template::is_name,
};

include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// Words that stand where a provider's id could in a path, and so are none.
const RESERVED: &[&str] = &[
    "analytics",
    "available",
    "batch",
    "callback",
    "catalog",
    "connect",
    "credentials",
    "execute",
    "oauth",
    "status",
    "templates",
];

/// What a look-up gives: the provider, or what is wrong with its file.
pub type Entry = Result<Arc<Provider>, ProviderError>;

/// All providers there are.
pub struct Catalogue {
    dir: Option<PathBuf>,
    public_url: Option<String>,
    index: OnceLock<Index>,
}

/// Where each provider's text is, and what it has become.
struct Index {
    files: BTreeMap<String, Slot>,
    aliases: BTreeMap<String, String>,
    problems: Vec<ProviderError>,
}

struct Slot {
    text: Result<Arc<str>, ProviderError>,
    local_only: bool,
    built_in: bool,
    read: OnceLock<Entry>,
}

impl Catalogue {
    /// The built-in providers and those of `dir`, for a deployment.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self { dir, public_url: None, index: OnceLock::new() }
    }

    /// The same and those that the local server offers, which runs at `public_url`.
    pub fn local(dir: Option<PathBuf>, public_url: &str) -> Self {
        let public_url = Some(public_url.trim_end_matches('/').to_owned());
        Self { dir, public_url, index: OnceLock::new() }
    }

    /// The provider of that id or alias. None if there is no such file.
    pub fn get(&self, slug_or_alias: &str) -> Option<Entry> {
        let index = self.index();
        let slug = index.aliases.get(slug_or_alias).map_or(slug_or_alias, String::as_str);
        let slot = index.files.get(slug)?;
        if slot.local_only && self.public_url.is_none() {
            return None;
        }
        Some(slot.read.get_or_init(|| self.read(index, slug, slot)).clone())
    }

    /// All of them by id, in order, bad ones included.
    pub fn all(&self) -> impl Iterator<Item = (&str, Entry)> {
        self.index().files.keys().filter_map(|slug| Some((slug.as_str(), self.get(slug)?)))
    }

    /// Those that can be used, in order of their ids.
    pub fn list(&self) -> impl Iterator<Item = Arc<Provider>> {
        self.all().filter_map(|(_, entry)| entry.ok())
    }

    /// What is wrong with the operator's folder: files that were refused, and those that do not parse.
    pub fn problems(&self) -> Vec<ProviderError> {
        let broken = self.all().filter_map(|(_, entry)| entry.err());
        self.index().problems.iter().cloned().chain(broken).collect()
    }

    /// Reads every file, and logs those that are no good. Costs a while: for servers, not for functions.
    pub fn check(&self) {
        for problem in self.all().filter_map(|(_, entry)| entry.err()) {
            tracing::error!(%problem, "a provider file is not used");
        }
    }

    fn read(&self, index: &Index, slug: &str, slot: &Slot) -> Entry {
        let text = slot.text.clone()?;
        let parent = |slug: &str| index.files.get(slug).and_then(|slot| slot.text.clone().ok());
        let public_url = self.public_url.as_deref().filter(|_| slot.local_only);
        load(slug, &text, parent, public_url, slot.built_in).map(Arc::new)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::built_in();
            if let Some(dir) = &self.dir {
                index.add_folder(dir);
            }
            for problem in &index.problems {
                tracing::error!(%problem, "a provider file is not used");
            }
            index
        })
    }
}

impl Index {
    /// Costs no parsing: the build script wrote down what an index needs.
    fn built_in() -> Self {
        let mut index = Self { files: BTreeMap::new(), aliases: BTreeMap::new(), problems: Vec::new() };
        for built in BUILT_IN {
            index.files.insert(built.slug.to_owned(), Slot::new(Ok(built.text.into()), built.local_only, true));
            index.aliases.extend(built.aliases.iter().map(|alias| ((*alias).to_owned(), built.slug.to_owned())));
        }
        index
    }

    fn add_folder(&mut self, dir: &Path) {
        let listed = fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut paths: Vec<PathBuf> = match listed {
            Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
            Err(error) => return self.problems.push(ProviderError::new("PROVIDERS_DIR", &error)),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let slug = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            if let Err(problem) = self.add_file(&slug, &path) {
                self.problems.push(ProviderError::new(&format!("{slug}.toml"), &problem));
            }
        }
    }

    fn add_file(&mut self, slug: &str, path: &Path) -> Result<(), String> {
        if let Some(problem) = unfit(slug) {
            return Err(format!("`{slug}` {problem}"));
        }
        if let Some(other) = self.aliases.get(slug) {
            return Err(format!("`{slug}` is an alias of `{other}`"));
        }
        let text = fs::read_to_string(path).map_err(|error| error.to_string());
        let head = text.and_then(|text| Ok((Head::read(&text)?, text)));
        let replaces = self.files.contains_key(slug);
        let (head, text) = match head {
            Ok(read) => read,
            // A new provider that does not parse is there and says so; a built-in one stays what it was.
            Err(problem) if replaces => return Err(problem),
            Err(problem) => {
                let error = ProviderError::new(&format!("{slug}.toml"), &problem);
                self.files.insert(slug.to_owned(), Slot::new(Err(error), false, false));
                return Ok(());
            }
        };
        if replaces && !head.replaces {
            return Err(format!("`{slug}` is built in; a file that means to replace it says `override = true`"));
        }
        for alias in &head.aliases {
            let taken = self.files.contains_key(alias) || self.aliases.get(alias).is_some_and(|other| other != slug);
            if taken || unfit(alias).is_some() {
                return Err(format!("the alias `{alias}` is taken or not fit for a provider"));
            }
        }
        self.aliases.retain(|_, of| of != slug);
        self.aliases.extend(head.aliases.into_iter().map(|alias| (alias, slug.to_owned())));
        self.files.insert(slug.to_owned(), Slot::new(Ok(text.into()), head.local_only, false));
        Ok(())
    }
}

impl Slot {
    fn new(text: Result<Arc<str>, ProviderError>, local_only: bool, built_in: bool) -> Self {
        Self { text, local_only, built_in, read: OnceLock::new() }
    }
}

/// What the index needs of a file, before it is read as a whole.
struct Head {
    replaces: bool,
    local_only: bool,
    aliases: Vec<String>,
}

impl Head {
    fn read(text: &str) -> Result<Self, String> {
        let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let is = |key: &str| table.get(key).and_then(toml::Value::as_bool).unwrap_or(false);
        let aliases = table.get("aliases").and_then(toml::Value::as_array).into_iter().flatten();
        Ok(Self {
            replaces: is("override"),
            local_only: is("local_only"),
            aliases: aliases.filter_map(|alias| alias.as_str().map(str::to_owned)).collect(),
        })
    }
}

/// Why a word cannot be a provider's id, if so.
fn unfit(slug: &str) -> Option<&'static str> {
    let shaped =
        slug.len() <= 40 && !slug.contains(|c: char| c.is_ascii_uppercase()) && is_name(&slug.replace('-', "_"));
    if !shaped {
        Some("is not a provider's id: lower-case letters, digits and `_`")
    } else if RESERVED.contains(&slug) {
        Some("is a reserved word")
    } else if slug.starts_with("int_") || (slug.len() == 24 && slug.bytes().all(|b| b.is_ascii_hexdigit())) {
        Some("looks like an integration's id")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_built_in_providers_are_fit_and_stand_for_one_each() {
        let mut seen = std::collections::BTreeSet::new();
        for built in BUILT_IN {
            for name in std::iter::once(&built.slug).chain(built.aliases) {
                assert_eq!(unfit(name), None, "{name}");
                assert!(seen.insert(*name), "{name} stands for two providers");
            }
        }
    }

    #[test]
    fn words_of_the_paths_and_ids_of_records_are_no_providers() {
        for word in ["status", "oauth", "execute", "connect", "available", "", "Git", "a/b", "../x", "int_abc", "1a"] {
            assert!(unfit(word).is_some(), "{word}");
        }
        assert!(unfit("507f1f77bcf86cd799439011").is_some());
        assert_eq!(unfit("google-mail"), None);
    }
}
