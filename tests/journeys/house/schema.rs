//! The two schemas say the same, and every table of a tenant names its owner.

use super::files::expect_none;
use crate::support::engines::{Engine, Store, run};
use crate::support::sql::Raw;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;

/// Columns that name the tenant a row belongs to.
const OWNERS: [&str; 3] = ["customer_id", "tenant_id", "owner_id"];

/// Tables without an owner on every row, and why that is right.
const OWNERLESS: &[(&str, &str)] = &[
    ("tenants", "is the owner itself"),
    ("persons", "may belong to several tenants, through memberships"),
    ("sessions", "belongs to a person, who chooses the tenant after signing in"),
    ("throttles", "counts attempts before anybody is known"),
    ("secrets", "is the installation's own"),
    ("meters", "are the installation's own"),
    ("entries", "is reached through its account and its transfer, which both name the customer"),
    ("webhook_events", "is stored before it is known whom it concerns; named once it is"),
    ("webhook_refusals", "counts what came from nobody known"),
    ("imports", "is the operator's own: one file holds usage of many customers"),
    ("mails", "may concern a person of the platform; names the customer otherwise"),
];

/// Statements that describe a schema; every column of an answer is text.
struct Questions {
    columns: &'static str,
    indexes: &'static str,
    references: &'static str,
    checks: &'static str,
}

const SQLITE: Questions = Questions {
    columns: "SELECT m.name, p.name, p.type, CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN 'always' ELSE 'maybe' END, COALESCE(p.dflt_value, '') \
              FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' AND m.name NOT LIKE 'sqlite_%'",
    indexes: "SELECT m.name, CASE i.\"unique\" WHEN 1 THEN 'unique' ELSE 'plain' END, CASE i.partial WHEN 1 THEN 'partial' ELSE 'whole' END, \
              (SELECT group_concat(COALESCE(c.name, '(expression)')) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) \
              FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' \
              UNION SELECT m.name, 'unique', 'whole', (SELECT group_concat(k.name) FROM (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk) k) \
              FROM sqlite_master m WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' AND m.name NOT LIKE 'sqlite_%'",
    references: "SELECT m.name, f.\"from\", f.\"table\", f.\"to\", f.on_delete FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    checks: "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations' AND name NOT LIKE 'sqlite_%'",
};

const POSTGRES: Questions = Questions {
    columns: "SELECT CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, a.atttypmod), \
              CASE WHEN a.attnotnull THEN 'always' ELSE 'maybe' END, COALESCE(pg_get_expr(d.adbin, d.adrelid), '') \
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
              LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '_sqlx_migrations'",
    indexes: "SELECT CAST(c.relname AS text), CASE WHEN i.indisunique THEN 'unique' ELSE 'plain' END, CASE WHEN i.indpred IS NULL THEN 'whole' ELSE 'partial' END, \
              (SELECT string_agg(COALESCE(CAST(a.attname AS text), '(expression)'), ',' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place) \
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0) \
              FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> '_sqlx_migrations'",
    references: "SELECT CAST(c.relname AS text), CAST(a.attname AS text), CAST(t.relname AS text), CAST(b.attname AS text), \
                 CASE r.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END \
                 FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid \
                 CROSS JOIN LATERAL unnest(r.conkey, r.confkey) AS k (here, there) \
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.here JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = k.there \
                 WHERE r.contype = 'f' AND c.relnamespace = 'public'::regnamespace",
    checks: "SELECT CAST(c.relname AS text), pg_get_constraintdef(r.oid) FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid \
             WHERE r.contype = 'c' AND c.relnamespace = 'public'::regnamespace",
};

/// A schema in words that are the same on both engines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Schema {
    facts: BTreeSet<String>,
    /// Table → its columns with type and nullability.
    columns: BTreeMap<String, Vec<(String, String, String)>>,
}

impl Schema {
    async fn read(store: &Store) -> Schema {
        let questions = if store.engine == Engine::Sqlite { SQLITE } else { POSTGRES };
        let (mut raw, mut schema) = (Raw::open(store).await, Schema::default());
        for row in raw.texts(questions.columns).await {
            let [table, column, kind, presence, default] = &row[..] else { panic!("{row:?}") };
            let class = class(kind).unwrap_or_else(|| panic!("{table}.{column}: no class for `{kind}`"));
            schema.facts.insert(format!("{table}.{column}: {class}, {presence}, default `{default}`"));
            let columns = schema.columns.entry(table.clone()).or_default();
            columns.push((column.clone(), kind.clone(), presence.clone()));
        }
        for row in raw.texts(questions.indexes).await {
            schema.facts.insert(format!("index {}", row.join(" ")));
        }
        for row in raw.texts(questions.references).await {
            schema.facts.insert(format!(
                "{}.{} refers to {}.{}, on deletion {}",
                row[0], row[1], row[2], row[3], row[4]
            ));
        }
        let mut checks: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
        for row in raw.texts(questions.checks).await {
            let (count, literals) = checks.entry(row[0].clone()).or_default();
            *count += row[1].matches("CHECK").count();
            literals.extend(row[1].split('\'').skip(1).step_by(2).map(str::to_owned));
        }
        let checked = checks.into_iter().filter(|(_, (count, _))| *count > 0);
        schema.facts.extend(
            checked.map(|(table, (count, literals))| format!("{table}: {count} checks of {literals:?}")),
        );
        schema
    }
}

/// What the two engines' types have in common.
fn class(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "INTEGER" | "bigint" | "boolean" | "timestamp with time zone" => "number",
        "TEXT" | "text" | "jsonb" => "text",
        "BLOB" | "uuid" | "bytea" => "bytes",
        _ => return None,
    })
}

/// The schema of a fresh database, after `change`.
fn schema_after(engine: Engine, change: &'static str) -> Schema {
    let (send, receive) = mpsc::channel();
    run(engine, move |store: Store| async move {
        Raw::open(&store).await.run(change).await.expect("change the schema");
        send.send(Schema::read(&store).await).expect("hand the schema over");
    });
    receive.recv().expect("a schema")
}

fn differences(a: &Schema, b: &Schema) -> Vec<String> {
    let only = |name: &str, x: &Schema, y: &Schema| -> Vec<String> {
        x.facts.difference(&y.facts).map(|fact| format!("only on {name}: {fact}")).collect()
    };
    [only("SQLite", a, b), only("PostgreSQL", b, a)].concat()
}

/// Money is whole numbers and instants are instants: what SQLite's few types cannot tell.
fn wrong_types(postgres: &Schema) -> Vec<String> {
    let columns =
        postgres.columns.iter().flat_map(|(table, columns)| columns.iter().map(move |c| (table, c)));
    let wrong = columns.filter(|(_, (name, kind, _))| {
        let expected = match name {
            name if name.ends_with("_cents") || name.ends_with("_micros") => "bigint",
            name if name.ends_with("_at") => "timestamp with time zone",
            _ => return false,
        };
        kind != expected
    });
    let mut wrong: Vec<String> =
        wrong.map(|(table, (name, kind, _))| format!("{table}.{name} is {kind}")).collect();
    wrong.sort();
    wrong
}

fn ownerless(schema: &Schema) -> Vec<String> {
    let owned = |columns: &[(String, String, String)]| {
        columns.iter().any(|(name, _, presence)| OWNERS.contains(&name.as_str()) && presence == "always")
    };
    let mut faults = vec![];
    for (table, columns) in &schema.columns {
        let excused = OWNERLESS.iter().any(|(name, _)| name == table);
        match (owned(columns), excused) {
            (false, false) => faults.push(format!("{table} has no owner column")),
            (true, true) => faults.push(format!("{table} has an owner column and needs no excuse")),
            _ => {}
        }
    }
    let gone = OWNERLESS.iter().filter(|(table, _)| !schema.columns.contains_key(*table));
    faults.extend(gone.map(|(table, _)| format!("{table} is excused, but gone")));
    faults
}

#[test]
fn both_schemas_are_equal_and_every_tenant_table_names_its_owner() {
    let lite = schema_after(Engine::Sqlite, "SELECT 1");
    let postgres = schema_after(Engine::Postgres, "SELECT 1");
    assert!(lite.columns.len() >= 10, "{:?}", lite.columns.keys());
    expect_none(&differences(&lite, &postgres));
    expect_none(&wrong_types(&postgres));
    expect_none(&ownerless(&lite));
    expect_none(&ownerless(&postgres));
}

#[test]
fn every_kind_of_difference_is_found() {
    let postgres = schema_after(Engine::Postgres, "SELECT 1");
    for (change, expected) in [
        ("ALTER TABLE mails ADD COLUMN extra TEXT", "mails.extra: text, maybe"),
        ("ALTER TABLE mails DROP COLUMN sent_at", "mails.sent_at"),
        ("CREATE UNIQUE INDEX x ON mails (recipient)", "index mails unique whole recipient"),
        (
            "CREATE UNIQUE INDEX x ON mails (recipient) WHERE attempts > 0",
            "index mails unique partial recipient",
        ),
        (
            "ALTER TABLE mails ADD COLUMN person_id BLOB REFERENCES persons (id)",
            "mails.person_id refers to persons.id",
        ),
        ("ALTER TABLE mails ADD COLUMN n INTEGER NOT NULL DEFAULT 1 CHECK (n IN (1, 2))", "mails: 2 checks"),
        ("CREATE TABLE notes (id BLOB PRIMARY KEY, name TEXT) STRICT", "notes.name: text, maybe"),
    ] {
        let found = differences(&schema_after(Engine::Sqlite, change), &postgres);
        assert!(found.iter().any(|difference| difference.contains(expected)), "{change}: {found:?}");
    }
    let changed = schema_after(
        Engine::Postgres,
        "CREATE TABLE notes (id uuid PRIMARY KEY, price_cents boolean, sent_at bigint); DROP TABLE webhook_refusals",
    );
    assert_eq!(ownerless(&changed), ["notes has no owner column", "webhook_refusals is excused, but gone"]);
    assert_eq!(wrong_types(&changed), ["notes.price_cents is boolean", "notes.sent_at is bigint"]);
}
