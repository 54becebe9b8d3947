//! The words that may stand at the cursor.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::shown::{option_docs, words};
use crate::layers::{self, Kind, Row};

/// What rust-analyzer adds to the word at the cursor, in its newer and older versions.
const MARKS: [&str; 2] = ["raCompletionMarker", "intellijRulezz"];

/// Where the cursor is.
#[derive(Debug)]
enum Place {
    /// A step begins.
    Step,
    /// The arguments of a layer or template.
    Arguments(Ident),
    /// The value of an option of a layer.
    Value(Ident, String),
    /// After `from`.
    Tag,
    /// After `reuse`.
    Name,
}

/// The words that may stand somewhere in a block, in modules, and the word at the cursor as one of them.
///
/// rust-analyzer looks the word up where the block's expansion without the mark has the same position. So both expansions are the same up to the word: a
/// function names one word of each module, and the marked word is in the place of one of them.
pub fn offers(block: &TokenStream) -> TokenStream {
    let cursor = find(block.clone(), None).map(|(place, word)| (place.module(), word));
    let modules = modules(block);
    let named = modules.iter().map(|(name, items)| {
        let first = items.seen.first().map_or("none", String::as_str);
        let word = match &cursor {
            Some((module, word)) if module == name => word.clone(),
            _ => Ident::new(first, Span::call_site()),
        };
        quote!(let _ = words::#name::#word;)
    });
    let modules = modules.iter().map(|(name, items)| {
        let items = &items.tokens;
        quote!(pub mod #name { #items })
    });
    quote! {
        #[doc(hidden)]
        #[allow(unused, non_camel_case_types, non_upper_case_globals, non_snake_case, clippy::all, reason = "only an editor sees these items")]
        const _: () = {
            mod words { #(#modules)* }
            fn cursor() { #(#named)* }
        };
    }
}

/// Whether the cursor is in a block.
pub fn has_cursor(block: &TokenStream) -> bool {
    find(block.clone(), None).is_some()
}

/// Each module and its words.
fn modules(block: &TokenStream) -> Vec<(Ident, Items)> {
    let mut steps = Items::default();
    layers::all().for_each(|row| steps.structure(row.kind, &row.about()));
    STEPS.iter().for_each(|(word, docs)| steps.structure(word, docs));
    declared(block).into_iter().for_each(|word| steps.structure(&word, "of this block"));
    let mut tags = Items::default();
    self::tags(block, &mut tags);
    let mut named = Items::default();
    names(block).into_iter().for_each(|word| named.constant(&word, "a layer"));
    named.constant("none", "");
    let mut all = vec![(Place::Step.module(), steps), (Place::Tag.module(), tags), (Place::Name.module(), named)];
    let mut used = Vec::new();
    words(block.clone(), &mut used);
    let mut seen: Vec<String> = Vec::new();
    for kind in used {
        if seen.iter().any(|seen| kind == seen) || MARKS.iter().any(|mark| kind.to_string().contains(mark)) {
            continue;
        }
        seen.push(kind.to_string());
        let mut items = Items::default();
        match layers::find(&kind.to_string()) {
            Some(row) => arguments(row, block, &mut items),
            None => parameters(block, &kind, &mut items),
        }
        if !items.seen.is_empty() {
            all.push((Place::Arguments(kind.clone()).module(), items));
        }
        for option in layers::find(&kind.to_string()).into_iter().flat_map(Row::options) {
            let mut items = Items::default();
            match option.kind {
                Kind::Word(list) => list.list.iter().for_each(|(word, _)| items.constant(word, "")),
                _ => continue,
            }
            all.push((Place::Value(kind.clone(), option.name.to_owned()).module(), items));
        }
    }
    all
}

impl Place {
    /// The module of the words that may stand here.
    fn module(&self) -> Ident {
        let name = match self {
            Place::Step => "steps".to_owned(),
            Place::Tag => "tags".to_owned(),
            Place::Name => "names".to_owned(),
            Place::Arguments(kind) => format!("arguments_{kind}"),
            Place::Value(kind, option) => {
                let words = layers::find(&kind.to_string()).and_then(|row| row.option(option));
                match words.map(|option| option.kind) {
                    Some(Kind::Word(_)) => format!("values_{kind}_{option}"),
                    _ => "tags".to_owned(),
                }
            }
        };
        Ident::new(&name, Span::call_site())
    }
}

/// The words of the language that begin a step.
const STEPS: [(&str, &str); 3] = [
    ("Residual", "`Residual { .. }` adds its input to the output of its layers; `shortcut = { .. }`, `drop = 0.2`."),
    ("Repeat", "`Repeat(3) { .. }` repeats its steps."),
    ("Sequential", "`Sequential { .. }` groups steps under a name and numbers them."),
];

/// The cursor in tokens; `layer` is the word before the parentheses around them.
fn find(tokens: TokenStream, layer: Option<&Ident>) -> Option<(Place, Ident)> {
    let mut before: [Option<TokenTree>; 2] = [None, None];
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if MARKS.iter().any(|mark| word.to_string().contains(mark)) => {
                return Some((place(layer, &before), word.clone()));
            }
            TokenTree::Group(group) => {
                let called = match (&before[1], group.delimiter()) {
                    (Some(TokenTree::Ident(word)), Delimiter::Parenthesis) => Some(word),
                    (_, Delimiter::Brace) => None,
                    _ => layer,
                };
                if let Some(found) = find(group.stream(), called) {
                    return Some(found);
                }
            }
            _ => {}
        }
        before = [before[1].take(), Some(token)];
    }
    None
}

fn place(layer: Option<&Ident>, before: &[Option<TokenTree>; 2]) -> Place {
    match (layer, before) {
        (Some(layer), [Some(TokenTree::Ident(option)), Some(TokenTree::Punct(sign))]) if sign.as_char() == '=' => {
            Place::Value(layer.clone(), option.to_string())
        }
        (Some(layer), _) => Place::Arguments(layer.clone()),
        (None, [_, Some(TokenTree::Ident(word))]) if word == "from" => Place::Tag,
        (None, [_, Some(TokenTree::Ident(word))]) if word == "reuse" => Place::Name,
        (None, _) => Place::Step,
    }
}

/// Options, and tags for a join.
fn arguments(row: &Row, block: &TokenStream, items: &mut Items) {
    if layers::is_join(row) {
        tags(block, items);
    }
    if layers::is_unpool(row) {
        names(block).into_iter().for_each(|word| items.constant(&word, "a layer"));
    }
    for option in row.options() {
        items.constant(option.name, &option_docs(option));
    }
    for name in layers::named_inputs(row) {
        items.constant(name, "the tag of another input");
    }
    if layers::states(row).is_some() {
        items.constant("state", "the initial states: tags or inputs");
    }
    if row.module.is_some() {
        items.constant(crate::init::OPTION, "the initial values of the weights");
    }
}

/// The words in the parentheses behind `block Name`.
fn parameters(block: &TokenStream, name: &Ident, items: &mut Items) {
    let tokens: Vec<TokenTree> = block.clone().into_iter().collect();
    for window in tokens.windows(3) {
        if let [TokenTree::Ident(keyword), TokenTree::Ident(word), TokenTree::Group(group)] = window
            && keyword == "block"
            && word == name
        {
            let mut all = Vec::new();
            words(group.stream(), &mut all);
            all.iter().for_each(|word| items.constant(&word.to_string(), "an argument of the template"));
        }
    }
}

/// The names of the block's networks and templates.
fn declared(block: &TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = block.clone().into_iter().collect();
    let mut all = Vec::new();
    for window in tokens.windows(2) {
        match window {
            [TokenTree::Ident(keyword), TokenTree::Ident(word)] if keyword == "block" => all.push(word.to_string()),
            [TokenTree::Ident(word), TokenTree::Punct(sign)] if matches!(sign.as_char(), ':' | '<') => all.push(word.to_string()),
            _ => {}
        }
    }
    all
}

/// The words behind `as`, and the inputs' names.
fn tags(block: &TokenStream, items: &mut Items) {
    items.constant("input", "the network's input");
    each(block.clone(), &mut |window| match window {
        [TokenTree::Ident(keyword), TokenTree::Ident(word)] if keyword == "as" => items.constant(&word.to_string(), "a tag"),
        [TokenTree::Ident(keyword), TokenTree::Group(group)] if keyword == "as" => {
            let mut all = Vec::new();
            words(group.stream(), &mut all);
            all.iter().for_each(|word| items.constant(&word.to_string(), "a tag"));
        }
        _ => {}
    });
    // `Name: { left: [4], right: [4] } -> ..`
    let tokens: Vec<TokenTree> = block.clone().into_iter().collect();
    for window in tokens.windows(2) {
        if let [TokenTree::Punct(colon), TokenTree::Group(ports)] = window
            && colon.as_char() == ':'
            && ports.delimiter() == Delimiter::Brace
        {
            named(ports.stream()).into_iter().for_each(|word| items.constant(&word, "an input"));
        }
    }
}

/// The names of steps.
fn names(block: &TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    each(block.clone(), &mut |window| {
        if let [TokenTree::Ident(word), TokenTree::Punct(sign)] = window
            && sign.as_char() == ':'
        {
            all.push(word.to_string());
        }
    });
    all
}

fn named(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let name = |window: &[TokenTree]| match window {
        [TokenTree::Ident(word), TokenTree::Punct(sign)] if sign.as_char() == ':' => Some(word.to_string()),
        _ => None,
    };
    tokens.windows(2).filter_map(name).collect()
}

/// Calls `work` with all pairs of neighbors, in groups too.
fn each(tokens: TokenStream, work: &mut dyn FnMut(&[TokenTree])) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.windows(2).for_each(&mut *work);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each(group.stream(), work);
        }
    }
}

/// Items, each word once.
#[derive(Debug, Default)]
struct Items {
    seen: Vec<String>,
    tokens: TokenStream,
}

impl Items {
    fn structure(&mut self, word: &str, docs: &str) {
        self.add(word, |word| quote!(#[doc = #docs] pub struct #word;));
    }

    fn constant(&mut self, word: &str, docs: &str) {
        self.add(word, |word| quote!(#[doc = #docs] pub const #word: () = ();));
    }

    fn add(&mut self, word: &str, item: impl FnOnce(Ident) -> TokenStream) {
        let marked = MARKS.iter().any(|mark| word.contains(mark));
        if marked || self.seen.iter().any(|seen| seen == word) || syn::parse_str::<Ident>(word).is_err() {
            return;
        }
        self.seen.push(word.to_owned());
        item(Ident::new(word, Span::call_site())).to_tokens(&mut self.tokens);
    }
}
