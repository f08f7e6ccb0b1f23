//! Lists `providers/*.toml` for the catalogue, with what its index needs, so that a new file is all a provider takes.

use std::{env, fmt::Write, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=providers");
    let folder = Path::new("providers");
    let mut files: Vec<_> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) => return fail(&format!("providers: {error}")),
    };
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();

    let mut list = String::from(
        "struct BuiltIn { slug: &'static str, aliases: &'static [&'static str], local_only: bool, text: &'static str }\n\
         static BUILT_IN: &[BuiltIn] = &[\n",
    );
    for path in &files {
        let slug = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let table = fs::read_to_string(path).map_err(|error| error.to_string());
        let table = match table.and_then(|text| text.parse::<toml::Table>().map_err(|error| error.to_string())) {
            Ok(table) => table,
            Err(error) => return fail(&format!("{}: {error}", path.display())),
        };
        let aliases: Vec<&str> = table
            .get("aliases")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
            .collect();
        let local_only = table.get("local_only").and_then(toml::Value::as_bool).unwrap_or(false);
        let _ = writeln!(
            list,
            "BuiltIn {{ slug: {slug:?}, aliases: &{aliases:?}, local_only: {local_only}, \
             text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/providers/{slug}.toml\")) }},",
        );
    }
    list.push_str("];\n");
    #[expect(clippy::disallowed_methods, reason = "Cargo tells a build script nothing but by its environment")]
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    if let Err(error) = fs::write(Path::new(&out).join("providers.rs"), list) {
        fail(&error.to_string());
    }
}

/// Ends the build with one clear line for each line of the message.
fn fail(message: &str) {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
}
