//! Templates carry no words of their own and nothing that the content security policy forbids.

use super::files::{Source, expect_none, read_all};
use super::lexer::{Kind, lex};
use super::words::reads_like_a_sentence;

/// Attributes that a reader reads or hears.
const READ: [&str; 8] = [
    "title",
    "alt",
    "placeholder",
    "label",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
];

/// Names that are the same in every language.
const NAMES: [&str; 7] = ["CSV", "Guthaben", "JSON", "PDF", "SEPA", "Stripe", "XML"];

/// Templates whose words are somebody else's, and why.
const FREE_WORDS: &[(&str, &str)] = &[("templates/simulator/", "stands in for Stripe's own pages")];

/// Templates that print markup unescaped: how often, and why that is safe.
const UNESCAPED: &[(&str, usize, &str)] = &[(
    "templates/pages/portal/overview/show.html",
    2,
    "drawings of web::view::charts, which escapes every text",
)];

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text between tags.
    Words(String),
    /// A tag with everything in it.
    Tag(String),
    /// What stands in `{{ }}` or `{% %}`.
    Code(String),
}

/// Cuts a template into pieces with their lines; comments vanish. Code within a tag is a piece of its own, and leaves a gap in the tag.
fn cut(text: &str, markup: bool) -> Vec<(usize, Piece)> {
    let (mut pieces, mut at, mut line) = (vec![], 0, 1);
    let (mut open_tag, mut words): (Option<String>, String) = (None, String::new());
    let mut quote = None;
    while at < text.len() {
        let rest = &text[at..];
        let expression = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<!--", "-->")]
            .into_iter()
            .find(|(open, _)| rest.starts_with(open));
        let c = rest.chars().next().unwrap_or_default();
        let taken = if let Some((open, close)) = expression {
            let end = rest.find(close).map_or(rest.len(), |end| end + close.len());
            if open == "{{" || open == "{%" {
                let code = rest[2..end.max(4) - 2].trim_matches(['-', '+', '~']).to_owned();
                pieces.push((line, Piece::Code(code)));
                open_tag.as_mut().unwrap_or(&mut words).push('\u{0}');
            }
            end
        } else if let Some(tag) = &mut open_tag {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                _ => {}
            }
            if quote.is_none() && c == '>' {
                pieces.push((line, Piece::Tag(std::mem::take(tag))));
                open_tag = None;
            } else {
                tag.push(c);
            }
            c.len_utf8()
        } else if markup
            && c == '<'
            && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
        {
            pieces.push((line, Piece::Words(std::mem::take(&mut words))));
            open_tag = Some(String::new());
            1
        } else {
            words.push(c);
            c.len_utf8()
        };
        line += rest[..taken].matches('\n').count();
        at += taken;
    }
    pieces.push((line, Piece::Words(words)));
    pieces
}

/// Letters that are neither code, nor an entity, nor a name.
fn has_letters(text: &str) -> bool {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let entity = rest[at..]
            .find(';')
            .filter(|end| rest[at + 1..at + end].chars().all(|c| c.is_ascii_alphanumeric() || c == '#'));
        rest = &rest[at + entity.map_or(1, |end| end + 1)..];
    }
    plain.push_str(rest);
    plain.split(|c: char| !c.is_alphabetic()).any(|word| !word.is_empty() && !NAMES.contains(&word))
}

/// Names, and values where there is a `=`.
type Attributes = Vec<(String, Option<String>)>;

/// The attributes of a tag: name and value; code in them has left a gap.
fn attributes(tag: &str) -> Attributes {
    let (mut found, mut rest) = (vec![], tag.trim_start_matches(|c: char| !c.is_whitespace()));
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '\u{0}');
        if rest.is_empty() {
            return found;
        }
        let end =
            rest.find(|c: char| c.is_whitespace() || c == '=' || c == '\u{0}').unwrap_or(rest.len()).max(1);
        let end = (end..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=') else {
            found.push((name, None));
            continue;
        };
        let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'');
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        found.push((name, Some(value.to_owned())));
        rest = after;
    }
}

/// Attributes that a template hands to a component as its body: nothing but `name="value"`, at least once.
fn handed_on(words: &str) -> Option<Attributes> {
    let found = attributes(&format!("x {}", words.trim_matches('\u{0}')));
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == ':');
    let all = found.iter().all(|(name, value)| value.is_some() && is_name(name));
    (all && !found.is_empty()).then_some(found)
}

/// The values that a reader reads or hears, where they have words of their own.
fn read_words(attributes: Attributes) -> Vec<String> {
    let read = attributes.into_iter().filter(|(name, _)| READ.contains(&name.as_str()));
    read.filter_map(|(_, value)| value).filter(|value| has_letters(value)).collect()
}

fn word_faults(source: &Source) -> Vec<String> {
    if FREE_WORDS.iter().any(|(path, _)| source.path.starts_with(path)) {
        return vec![];
    }
    let mut faults = vec![];
    let mut fault = |line: usize, text: &str| {
        let text = text.replace('\u{0}', "…");
        faults.push(format!("{}:{line}: belongs into locales/: {}", source.path, text.trim()));
    };
    for (line, piece) in cut(&source.text, source.path.ends_with(".html")) {
        match piece {
            Piece::Words(words) => match handed_on(&words) {
                Some(attributes) => read_words(attributes).iter().for_each(|value| fault(line, value)),
                None if has_letters(&words) => fault(line, &words),
                None => {}
            },
            Piece::Tag(tag) => read_words(attributes(&tag)).iter().for_each(|value| fault(line, value)),
            Piece::Code(code) => {
                let texts = lex(&code).into_iter().filter(|t| t.kind == Kind::Text);
                texts.filter(|t| reads_like_a_sentence(&t.text)).for_each(|t| fault(line, &t.text));
            }
        }
    }
    faults
}

fn policy_faults(source: &Source) -> Vec<String> {
    let (mut faults, mut unescaped) = (vec![], 0);
    for (line, piece) in cut(&source.text, true) {
        match piece {
            Piece::Tag(tag) => {
                let wrong = forbidden(&tag);
                faults.extend(wrong.into_iter().map(|what| format!("{}:{line}: {what}", source.path)));
            }
            Piece::Code(code) => {
                let compact: String = code.split_whitespace().collect();
                unescaped += compact.matches("|safe").count() + compact.matches("autoescape").count();
            }
            Piece::Words(_) => {}
        }
    }
    let allowed =
        UNESCAPED.iter().find(|(path, _, _)| source.path == *path).map_or(0, |(_, times, _)| *times);
    if unescaped != allowed {
        faults.push(format!("{}: prints unescaped {unescaped} times, allowed {allowed}", source.path));
    }
    faults
}

/// What the policy would block, or what hides behaviour in markup.
fn forbidden(tag: &str) -> Vec<String> {
    let name =
        tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_ascii_lowercase();
    let attributes = attributes(tag);
    let mut faults = vec![];
    if name == "style" || name == "base" || name == "iframe" {
        faults.push(format!("<{name}> is forbidden"));
    }
    if name == "script" && !attributes.iter().any(|(name, value)| name == "src" && value.is_some()) {
        faults.push("a script without src is forbidden".to_owned());
    }
    for (name, value) in &attributes {
        let value = value.as_deref().unwrap_or_default();
        let compact = value.split_whitespace().collect::<String>().to_ascii_lowercase();
        let inline =
            name == "style" || name.starts_with("hx-on") || (name.starts_with("on") && name.len() > 3);
        if inline {
            faults.push(format!("the attribute {name} is forbidden"));
        }
        if compact.starts_with("javascript:") || compact.starts_with("js:") || compact.starts_with("data:") {
            faults.push(format!("a script in {name} is forbidden"));
        }
        if name == "hx-trigger" && value.contains('[') {
            faults.push("a trigger's filter is forbidden".to_owned());
        }
    }
    faults
}

#[test]
fn templates_carry_no_words() {
    let all: Vec<String> =
        read_all("templates", &["html", "txt", "svg"]).iter().flat_map(word_faults).collect();
    expect_none(&all);
}

#[test]
fn templates_obey_the_policy() {
    let sources = read_all("templates", &["html", "svg"]);
    let all: Vec<String> = sources.iter().flat_map(policy_faults).collect();
    expect_none(&all);
    for (path, _, _) in UNESCAPED {
        assert!(sources.iter().any(|source| source.path == *path), "{path} may print unescaped, but is gone");
    }
}

#[test]
fn words_in_a_template_are_found() {
    for text in [
        "<p>Hallo</p>",
        "<p>{{ t.x() }} jetzt</p>",
        "<img alt=\"Bild\">",
        "<input placeholder='{{ x }} Euro'>",
        "<a {% if a > b %}title=\"Weiter\"{% endif %}>&nbsp;</a>",
        "{{ ui::button(\"Jetzt aufladen\") }}",
        "<title>Konto</title>",
        "{% call field() %}inputmode=\"decimal\" placeholder=\"Betrag\"{% endcall %}",
        "{% call field() %}Betrag{% endcall %}",
    ] {
        assert_eq!(word_faults(&Source::sample("templates/a.html", text)).len(), 1, "{text}");
    }
    assert_eq!(word_faults(&Source::sample("templates/a.txt", "Hallo {{ name }}")).len(), 1);
    for text in [
        "{# Ein Wort #}<!-- noch eins --><p class=\"money big\" id=x data-word='ja' hidden>{{ t.x(\"a\") }}&nbsp;· 19 %</p>",
        "<b aria-label=\"{{ t.y() }}\">Guthaben</b> {% if a > b %}{% endif %}\n",
        "{% call field() %}inputmode=\"decimal\" placeholder=\"0,00\"{% endcall %}",
        "<!DOCTYPE html><html lang=\"{{ x }}\"{% if y %} class=\"a\"{% endif %}>",
    ] {
        assert_eq!(word_faults(&Source::sample("templates/a.html", text)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_the_policy_forbids_is_found() {
    for text in [
        "<p style=\"color: red\">",
        "<p\n  STYLE='x'>",
        "<style>p {}</style>",
        "<script>alert(1)</script>",
        "<button onclick=\"f()\">",
        "<div hx-on:click=\"f()\">",
        "<a href=\" javascript:f()\">",
        "<div hx-vals='js:{a: 1}'>",
        "<div hx-trigger=\"keyup[key=='Enter']\">",
        "<p>{{ x | safe }}</p>",
        "{% autoescape false %}",
    ] {
        assert_eq!(policy_faults(&Source::sample("templates/a.html", text)).len(), 1, "{text}");
    }
    let fine = "<script src=\"{{ x }}\" defer></script><p class=\"style\" data-on=\"1\">{% if a > b %}{% endif %}</p><a href=\"/style=x\">";
    assert_eq!(policy_faults(&Source::sample("templates/a.html", fine)), Vec::<String>::new());
}
