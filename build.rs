//! Turns `locales/` into typed messages (`t.topup_title()`) and embeds `locales/` and `migrations/`.
//!
//! A missing key, argument or translation stops the build, so a page can never show a hole.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Message key → the names of its arguments.
type Keys = BTreeMap<String, BTreeSet<String>>;

fn main() {
    for dir in ["locales", "migrations", "templates", "static"] {
        println!("cargo:rerun-if-changed={dir}");
    }
    let (de, en) = (load("locales/de"), load("locales/en"));
    for (key, args) in &de {
        assert_eq!(Some(args), en.get(key), "locales/en: `{key}` is missing or takes other arguments");
    }
    for key in en.keys() {
        assert!(de.contains_key(key), "locales/de: `{key}` is missing");
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("messages.rs"), methods(&de)).expect("write messages.rs");
    fs::write(out.join("locales.rs"), locales()).expect("write locales.rs");
    fs::write(out.join("migrations.rs"), migrations()).expect("write migrations.rs");
}

fn files(dir: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{dir}: {error}"))
        .map(|entry| entry.expect("directory entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ftl" || e == "sql"))
        .collect();
    files.sort();
    files
}

fn load(dir: &str) -> Keys {
    let mut keys = Keys::new();
    for file in files(dir) {
        let source = fs::read_to_string(&file).expect("read a locale file");
        let resource =
            parser::parse(source).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.display()));
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let mut args = BTreeSet::new();
                if let Some(pattern) = &message.value {
                    collect(pattern, &mut args);
                }
                let key = message.id.name;
                assert!(keys.insert(key.clone(), args).is_none(), "{}: `{key}` twice", file.display());
            }
        }
    }
    keys
}

fn collect(pattern: &Pattern<String>, out: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_args(expression, out);
        }
    }
}

fn expression_args(expression: &Expression<String>, out: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => inline_args(inline, out),
        Expression::Select { selector, variants } => {
            inline_args(selector, out);
            for variant in variants {
                collect(&variant.value, out);
            }
        }
    }
}

fn inline_args(inline: &InlineExpression<String>, out: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            out.insert(id.name.clone());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                inline_args(argument, out);
            }
        }
        InlineExpression::Placeable { expression } => expression_args(expression, out),
        _ => {}
    }
}

/// One method per message; arguments come in alphabetical order of their names.
fn methods(keys: &Keys) -> String {
    let mut code = String::from("#[allow(clippy::all, missing_docs)]\nimpl T {\n");
    for (key, args) in keys {
        let name = key.replace('-', "_");
        let parameters: String = args
            .iter()
            .map(|a| format!(", {}: impl Into<fluent_bundle::FluentValue<'a>>", a.replace('-', "_")))
            .collect();
        let sets: String =
            args.iter().map(|a| format!("args.set({a:?}, {}); ", a.replace('-', "_"))).collect();
        let body = if args.is_empty() {
            format!("self.format({key:?}, None)")
        } else {
            format!(
                "let mut args = fluent_bundle::FluentArgs::new(); {sets} self.format({key:?}, Some(&args))"
            )
        };
        code += &format!("pub fn {name}<'a>(&self{parameters}) -> String {{ {body} }}\n");
    }
    let known: String = keys.keys().map(|k| format!("{k:?},")).collect();
    code + &format!("}}\n/// Every message key.\npub const KEYS: &[&str] = &[{known}];\n")
}

fn locales() -> String {
    let mut code = String::new();
    for language in ["de", "en"] {
        let sources: String = files(&format!("locales/{language}"))
            .iter()
            .map(|f| format!("include_str!({}),", beside_manifest(f)))
            .collect();
        code += &format!("const {}: &[&str] = &[{sources}];\n", language.to_uppercase());
    }
    code
}

/// `(version, name, text)` per engine, from `migrations/<engine>/NNNN_name.sql`.
fn migrations() -> String {
    let mut code = String::new();
    for engine in ["sqlite", "postgres"] {
        let list: String = files(&format!("migrations/{engine}"))
            .iter()
            .map(|file| {
                let stem = file.file_stem().and_then(|s| s.to_str()).expect("a migration has a name");
                let (version, name) = stem.split_once('_').expect("NNNN_name.sql");
                let version: i64 = version.parse().expect("NNNN_name.sql");
                format!("({version}, {name:?}, include_str!({})),", beside_manifest(file))
            })
            .collect();
        code += &format!(
            "/// Migrations of one engine: version, name, text.\npub const {}: &[(i64, &str, &str)] = &[{list}];\n",
            engine.to_uppercase()
        );
    }
    code
}

/// The path as the compiler sees it, so that a checkout may move between two builds.
fn beside_manifest(path: &Path) -> String {
    format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{}\")", path.display())
}
