//! The form bodies and queries of Stripe's API: `a[b][0][c]=d` as a tree, with the complaints Stripe has about wrong values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::refusal::ApiError;

/// Deeper nesting than this is no request of Stripe's API.
const MAX_DEPTH: usize = 8;

/// One place in the tree: a value or named (also numbered) children.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Branch(BTreeMap<String, Node>),
}

/// The decoded parameters of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(BTreeMap<String, Node>);

impl Params {
    /// Decodes a form body or a query string.
    pub fn decode(form: &[u8]) -> Result<Params, ApiError> {
        let mut root = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(form) {
            let path = split_key(&key).ok_or_else(|| bad_key(&key))?;
            put(&mut root, &path, value.into_owned()).ok_or_else(|| bad_key(&key))?;
        }
        Ok(Params(root))
    }

    /// The same from a flat JSON object, for the control interface.
    pub fn from_json(value: &Value) -> Params {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields = value.as_object().into_iter().flatten();
        Params(fields.map(|(key, value)| (key.clone(), Node::Text(text(value)))).collect())
    }

    /// Refuses what `allowed` does not name. Patterns are dotted; `#` stands for an index, `*` for any key.
    pub fn only(&self, allowed: &[&str]) -> Result<(), ApiError> {
        let mut leaves = Vec::new();
        collect(&self.0, &mut Vec::new(), &mut leaves);
        for leaf in leaves {
            let name = bracketed(&leaf);
            if leaf[0].as_str() == "payment_method_types" {
                let text = "`payment_method_types` is no longer supported in this API version. Use `allowed_payment_method_types`.";
                return Err(ApiError::invalid(
                    "payment_method_types_no_longer_supported",
                    text,
                    Some("payment_method_types"),
                ));
            }
            if !allowed.iter().any(|pattern| matches(pattern, &leaf)) {
                return Err(ApiError::invalid(
                    "parameter_unknown",
                    format!("Received unknown parameter: {name}"),
                    Some(&name),
                ));
            }
        }
        Ok(())
    }

    fn node(&self, path: &str) -> Option<&Node> {
        let mut keys = path.split('.');
        let mut at = self.0.get(keys.next()?)?;
        for key in keys {
            match at {
                Node::Branch(children) => at = children.get(key)?,
                Node::Text(_) => return None,
            }
        }
        Some(at)
    }

    /// The value at a dotted path; an empty value counts as absent, as Stripe unsets with it.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.node(path) {
            Some(Node::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The same as JSON: a string or null.
    pub fn value(&self, path: &str) -> Value {
        self.text(path).map_or(Value::Null, |text| Value::String(text.to_owned()))
    }

    /// The value at a path that must be there.
    pub fn required(&self, path: &str) -> Result<&str, ApiError> {
        self.text(path).ok_or_else(|| ApiError::missing(&dotted(path)))
    }

    /// A whole number.
    pub fn integer(&self, path: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(path) else { return Ok(None) };
        let name = dotted(path);
        let wrong = |_| {
            ApiError::invalid("parameter_invalid_integer", format!("Invalid integer: {text}"), Some(&name))
        };
        text.parse().map(Some).map_err(wrong)
    }

    /// `true` or `false`; absent is false.
    pub fn flag(&self, path: &str) -> Result<bool, ApiError> {
        match self.text(path) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                Err(ApiError::invalid("", format!("Invalid boolean: {other}"), Some(&dotted(path))))
            }
        }
    }

    /// One of the given words, or `default` when absent.
    pub fn choice<'a>(&'a self, path: &str, words: &[&str], default: &'a str) -> Result<&'a str, ApiError> {
        let word = self.text(path).unwrap_or(default);
        if words.contains(&word) {
            return Ok(word);
        }
        let name = dotted(path);
        Err(ApiError::invalid(
            "",
            format!("Invalid {name}: must be one of {}", words.join(", ")),
            Some(&name),
        ))
    }

    /// The plain values of an array, in their order.
    pub fn list(&self, path: &str) -> Vec<String> {
        let Some(Node::Branch(children)) = self.node(path) else { return Vec::new() };
        let mut items: Vec<(usize, &str)> = children
            .iter()
            .filter_map(|(index, node)| match node {
                Node::Text(text) => Some((index.parse().ok()?, text.as_str())),
                Node::Branch(_) => None,
            })
            .collect();
        items.sort_unstable();
        items.into_iter().map(|(_, text)| text.to_owned()).collect()
    }

    /// How many numbered children an array of objects has; they are reached as `path.0`, `path.1` …
    pub fn length(&self, path: &str) -> usize {
        match self.node(path) {
            Some(Node::Branch(children)) => {
                (0..).take_while(|index: &usize| children.contains_key(&index.to_string())).count()
            }
            _ => 0,
        }
    }

    /// Whether the path was sent at all.
    pub fn has(&self, path: &str) -> bool {
        self.node(path).is_some()
    }

    /// A metadata map over the one an object has already: empty values take keys away. At most 50 keys of 40 and values of 500 characters.
    pub fn metadata(&self, path: &str, before: &Value) -> Result<Value, ApiError> {
        let mut map: Map<String, Value> = before.as_object().cloned().unwrap_or_default();
        match self.node(path) {
            None => {}
            Some(Node::Text(_)) => map.clear(),
            Some(Node::Branch(children)) => {
                for (key, node) in children {
                    let Node::Text(text) = node else {
                        return Err(ApiError::invalid("", "Invalid metadata value", Some(&dotted(path))));
                    };
                    if key.chars().count() > 40 || text.chars().count() > 500 {
                        let message = "Metadata keys are limited to 40 characters and values to 500.";
                        return Err(ApiError::invalid("", message, Some(&dotted(path))));
                    }
                    if text.is_empty() {
                        map.remove(key);
                    } else {
                        map.insert(key.clone(), Value::String(text.clone()));
                    }
                }
            }
        }
        if map.len() > 50 {
            return Err(ApiError::invalid("", "Metadata is limited to 50 keys.", Some(&dotted(path))));
        }
        Ok(Value::Object(map))
    }

    /// All parameters in one canonical text: what an idempotency key is bound to.
    pub fn canonical(&self) -> String {
        let mut leaves = Vec::new();
        collect_values(&self.0, &mut Vec::new(), &mut leaves);
        leaves.join("\n")
    }
}

fn bad_key(key: &str) -> ApiError {
    ApiError::invalid("", format!("Invalid parameter name: {key}"), None)
}

/// `a[b][0]` as `["a", "b", "0"]`; an empty last bracket stays empty and gets its number later.
fn split_key(key: &str) -> Option<Vec<String>> {
    let (head, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    if head.is_empty() {
        return None;
    }
    let mut path = vec![head.to_owned()];
    let mut rest = rest;
    while !rest.is_empty() {
        let end = rest.find(']')?;
        path.push(rest.strip_prefix('[')?.get(..end - 1)?.to_owned());
        rest = &rest[end + 1..];
    }
    (path.len() <= MAX_DEPTH).then_some(path)
}

fn put(children: &mut BTreeMap<String, Node>, path: &[String], value: String) -> Option<()> {
    let (key, rest) = path.split_first()?;
    let key = if key.is_empty() { children.len().to_string() } else { key.clone() };
    if rest.is_empty() {
        return children.insert(key, Node::Text(value)).is_none().then_some(());
    }
    match children.entry(key).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Branch(inner) => put(inner, rest, value),
        Node::Text(_) => None,
    }
}

fn collect(children: &BTreeMap<String, Node>, path: &mut Vec<String>, leaves: &mut Vec<Vec<String>>) {
    for (key, node) in children {
        path.push(key.clone());
        match node {
            Node::Branch(inner) if !inner.is_empty() => collect(inner, path, leaves),
            _ => leaves.push(path.clone()),
        }
        path.pop();
    }
}

fn collect_values(children: &BTreeMap<String, Node>, path: &mut Vec<String>, leaves: &mut Vec<String>) {
    for (key, node) in children {
        path.push(key.clone());
        match node {
            Node::Branch(inner) => collect_values(inner, path, leaves),
            Node::Text(text) => leaves.push(format!("{:?}={text:?}", bracketed(path))),
        }
        path.pop();
    }
}

fn matches(pattern: &str, leaf: &[String]) -> bool {
    let mut keys = leaf.iter();
    let fits = pattern.split('.').all(|part| match (part, keys.next()) {
        (_, None) => false,
        ("*", Some(_)) => true,
        ("#", Some(key)) => key.bytes().all(|byte| byte.is_ascii_digit()),
        (part, Some(key)) => part == key,
    });
    // `metadata=` (the whole map unset) is a shorter path than `metadata.*`.
    let unset = pattern.strip_suffix(".*").is_some_and(|head| leaf.len() == 1 && head == leaf[0]);
    (fits && keys.next().is_none()) || unset
}

fn bracketed(path: &[String]) -> String {
    let mut name = path[0].clone();
    for key in &path[1..] {
        name.push('[');
        name.push_str(key);
        name.push(']');
    }
    name
}

fn dotted(path: &str) -> String {
    bracketed(&path.split('.').map(str::to_owned).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_become_a_tree_and_unknown_ones_are_named_as_sent() {
        let params = Params::decode(
            b"mode=payment&line_items[0][price_data][unit_amount]=1000&expand[]=a&expand[]=b&metadata[x]=1",
        )
        .unwrap();
        assert_eq!(params.integer("line_items.0.price_data.unit_amount").unwrap(), Some(1000));
        assert_eq!(params.list("expand"), ["a", "b"]);
        assert_eq!(params.length("line_items"), 1);
        let allowed = ["mode", "line_items.#.price_data.unit_amount", "expand.#", "metadata.*"];
        params.only(&allowed).unwrap();
        let refused = params.only(&["mode", "expand.#", "metadata.*"]).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some("line_items[0][price_data][unit_amount]"));
        assert_eq!(refused.code.as_deref(), Some("parameter_unknown"));
    }

    #[test]
    fn hostile_keys_are_refused_and_never_panic() {
        for form in [
            "[a]=1",
            "a[=1",
            "a[b=1",
            "a=1&a=2",
            "a=1&a[b]=2",
            "a[b]c=1",
            "a[1][2][3][4][5][6][7][8][9]=1",
            "=1",
        ] {
            assert!(Params::decode(form.as_bytes()).is_err(), "{form} was taken");
        }
        assert!(Params::decode("ü[é]=%FF".as_bytes()).is_ok());
    }
}
