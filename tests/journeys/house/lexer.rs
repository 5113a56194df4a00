//! Rust source as tokens: just enough to tell code, texts and comments apart, so that no rule trips over a comment.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string literal of any form; the token holds what it means, not how it is written.
    Text,
    /// A character literal.
    Char,
    /// `'a`.
    Lifetime,
    /// One mark of punctuation.
    Mark,
}

/// A piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub text: String,
    /// The line it begins on.
    pub line: usize,
}

impl Token {
    /// Whether it is this word or mark.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text == text
    }
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    tokens: Vec<Token>,
}

/// Cuts `source` into tokens; comments, documentation too, vanish.
pub fn lex(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1, tokens: vec![] };
    while let Some(next) = lexer.rest.chars().next() {
        lexer.step(next);
    }
    lexer.tokens
}

impl<'s> Lexer<'s> {
    fn step(&mut self, next: char) {
        let rest = self.rest;
        if next.is_whitespace() {
            self.take(next.len_utf8());
        } else if rest.starts_with("//") {
            self.take(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.take(block_comment(rest));
        } else if let Some((open, hashes)) = raw_text(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close).map_or(rest.len(), |at| open + at);
            self.push(Kind::Text, rest[open..end].to_owned(), (end + close.len()).min(rest.len()));
        } else if let Some(open) = ["\"", "b\"", "c\""].iter().find(|open| rest.starts_with(**open)) {
            let end = open.len() + closing_quote(&rest[open.len()..]);
            self.push(Kind::Text, meaning(&rest[open.len()..end]), (end + 1).min(rest.len()));
        } else if next == '\'' || rest.starts_with("b'") {
            self.quote(if next == 'b' { 2 } else { 1 });
        } else if next.is_alphabetic() || next == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.push(Kind::Word, rest[..end].to_owned(), end);
        } else if next.is_ascii_digit() {
            let end = number(rest);
            self.push(Kind::Number, rest[..end].to_owned(), end);
        } else {
            self.push(Kind::Mark, next.to_string(), next.len_utf8());
        }
    }

    /// A character literal, or a lifetime where no closing quote follows.
    fn quote(&mut self, open: usize) {
        let inner = &self.rest[open..];
        let first = inner.chars().next().map_or(0, char::len_utf8);
        let closing = if inner.starts_with('\\') {
            inner[2.min(inner.len())..].find('\'').map(|at| at + 2)
        } else {
            inner[first..].starts_with('\'').then_some(first)
        };
        match closing {
            Some(end) => self.push(Kind::Char, inner[..end].to_owned(), open + end + 1),
            None => {
                let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inner.len());
                self.push(Kind::Lifetime, inner[..end].to_owned(), open + end);
            }
        }
    }

    fn push(&mut self, kind: Kind, text: String, length: usize) {
        self.tokens.push(Token { kind, text, line: self.line });
        self.take(length);
    }

    fn take(&mut self, length: usize) {
        let (taken, rest): (&'s str, &'s str) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0usize);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Where the content of a raw string begins, and how many `#` close it.
fn raw_text(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["br", "cr", "r"].iter().find(|prefix| rest.starts_with(**prefix))?;
    let hashes = rest[prefix.len()..].chars().take_while(|c| *c == '#').count();
    rest[prefix.len() + hashes..].starts_with('"').then_some((prefix.len() + hashes + 1, hashes))
}

fn closing_quote(inner: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    inner.len()
}

fn number(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let fraction = c == '.' && chars.peek().is_some_and(char::is_ascii_digit);
        if !(c.is_ascii_alphanumeric() || c == '_' || fraction) {
            break;
        }
        end += 1;
    }
    end
}

/// What an escaped literal means: continued lines joined, escapes replaced.
fn meaning(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some('u') => {
                let code: String =
                    chars.by_ref().skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
                text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some('x') => {
                let code: String = chars.by_ref().take(2).collect();
                text.extend(u8::from_str_radix(&code, 16).ok().map(char::from));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

/// The index after the bracket that closes the one at `open`.
pub fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is("{") || token.is("(") || token.is("[") {
            depth += 1;
        } else if token.is("}") || token.is(")") || token.is("]") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

/// The index of the `{` that opens the body of the item at `at`; `None` for an item that ends with `;`.
pub fn body_of(tokens: &[Token], mut at: usize) -> Option<usize> {
    while at < tokens.len() && !tokens[at].is(";") {
        if tokens[at].is("{") {
            return Some(at);
        }
        at = if tokens[at].is("(") || tokens[at].is("[") { after_group(tokens, at) } else { at + 1 };
    }
    None
}

/// The tokens without items that only tests compile (`#[cfg(test)]`).
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let marks = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (vec![], 0);
    while at < tokens.len() {
        let marked =
            tokens.len() - at >= marks.len() && marks.iter().zip(&tokens[at..]).all(|(m, t)| t.is(m));
        if !marked {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let item = at + marks.len();
        at = match body_of(tokens, item) {
            Some(body) => after_group(tokens, body),
            None => tokens[item..].iter().position(|t| t.is(";")).map_or(tokens.len(), |p| item + p + 1),
        };
    }
    kept
}

#[test]
fn texts_comments_and_lifetimes_are_told_apart() {
    let tokens = lex(
        "fn f<'a>(x: &'a str) { // \"no\"\n /* /* 'x' */ \"no\" */ g(\"a \\\n   b\\u{e4}\", r#\"c\"d\"#, 'e', '\\'', b'f', 1.5, 2..3) }",
    );
    let of = |kind| tokens.iter().filter(|t| t.kind == kind).map(|t| t.text.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Kind::Text), ["a bä", "c\"d"]);
    assert_eq!(of(Kind::Char), ["e", "\\'", "f"]);
    assert_eq!(of(Kind::Lifetime), ["a", "a"]);
    assert_eq!(of(Kind::Number), ["1.5", "2", "3"]);
    assert_eq!(tokens.iter().find(|t| t.text == "c\"d").map(|t| t.line), Some(3));
    let kept = without_tests(&lex("fn a() {} #[cfg(test)] mod tests { fn b() {} } fn c() {}"));
    assert!(kept.iter().any(|t| t.is("c")) && !kept.iter().any(|t| t.is("b")));
}
