//! Whoever knows an operation's name knows its file and its test.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::operations::{self, root};

/// A file longer than this is two files.
const LONGEST: usize = 300;

#[test]
fn an_operation_has_one_name() {
    let mut seen = BTreeMap::new();
    for operation in operations::all().iter().filter(|operation| operation.alias_of.is_none()) {
        let (group, action) = operation.parts();
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
        assert!(plain(group) && plain(action), "{}", operation.id);
        let other = seen.insert(operation.id.clone(), operation.path.clone());
        assert!(other.is_none(), "{} is both {} and {}", operation.id, operation.path, other.unwrap());
    }
}

#[test]
fn an_alias_leads_to_an_operation() {
    let all = operations::all();
    for alias in all.iter().filter(|operation| operation.alias_of.is_some()) {
        let target = alias.alias_of.as_deref().unwrap();
        let found = all.iter().any(|operation| operation.id == target && operation.alias_of.is_none());
        assert!(found, "{} {} is an alias of {target}, which does not exist", alias.method, alias.path);
    }
}

/// The ten-second rule.
#[test]
fn an_operation_has_its_file_and_its_test() {
    let mut missing = Vec::new();
    for operation in operations::all().iter().filter(|operation| operation.alias_of.is_none()) {
        let (group, action) = operation.parts();
        let code = format!("functions/{group}/src/{action}.rs");
        let test = format!("tests/api/{group}/{action}.rs");
        missing.extend([code, test].into_iter().filter(|file| !root().join(file).is_file()));
        // A file that no module names is not even compiled.
        let listed = read(&root().join(format!("tests/api/{group}/mod.rs")));
        if !listed.contains(&format!("mod {action};")) {
            missing.push(format!("tests/api/{group}/mod.rs: mod {action};"));
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn a_test_of_an_operation_belongs_to_one() {
    let known: BTreeSet<String> = operations::all().iter().map(|operation| operation.id.replace('.', "/")).collect();
    let strays: Vec<String> = rust_files(&root().join("tests/api"))
        .iter()
        .filter_map(|file| file.strip_prefix(root().join("tests/api")).ok())
        .map(|file| file.with_extension("").display().to_string())
        .filter(|name| name.contains('/') && !name.ends_with("/mod") && !known.contains(name))
        .collect();
    assert!(strays.is_empty(), "no operation has these names: {strays:#?}");
}

#[test]
fn no_file_is_too_long() {
    let top = ["shared", "functions", "infra", "tests"];
    let files = top.iter().flat_map(|folder| rust_files(&root().join(folder)));
    let long: Vec<String> = files
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines >= LONGEST)
        .map(|(lines, file)| format!("{}: {lines} lines", file.strip_prefix(root()).unwrap().display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_function_is_laid_out_alike() {
    let built: BTreeSet<String> = subfolders(&root().join("functions"));
    let deployed: BTreeSet<String> =
        local::stack::template().unwrap().functions.iter().map(|function| function.name.clone()).collect();
    assert_eq!(built, deployed, "folders of functions/ and functions of template.yaml");
    for name in built {
        for file in ["Cargo.toml", "src/lib.rs", "src/main.rs"] {
            let path = format!("functions/{name}/{file}");
            assert!(root().join(&path).is_file(), "{path} is missing");
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        let brought = name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.');
        if path.is_dir() && !brought {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn subfolders(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
