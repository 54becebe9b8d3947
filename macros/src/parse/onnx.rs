//! A network that is read from a file.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitInt, LitStr, Token};

use super::{colon, found, group, inside, next, skip_to_comma, token};
use crate::ast::{File, FileOption, FileValue};
use crate::report::Report;
use crate::text;

/// An example of the whole, for messages.
fn example() -> String {
    format!("`Name = onnx({:?})`", "model.onnx")
}

/// The options that are words, and these words.
const WORDS: [(&str, &[&str]); 2] = [("batch", &["first", "absent"]), ("weights", &["included"])];

/// Whether a file begins here: `=`, or `: onnx(..)`, which is meant as one.
pub fn begins(input: ParseStream) -> bool {
    let named = || input.peek3(syn::token::Paren) && matches!(input.fork().parse::<TokenTree>(), Ok(TokenTree::Punct(_))) && is_onnx(input);
    (input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])) || (colon(input) && named())
}

fn is_onnx(input: ParseStream) -> bool {
    let input = input.fork();
    token(&input);
    matches!(next(&input), Some(TokenTree::Ident(word)) if word.to_string().eq_ignore_ascii_case("onnx"))
}

/// The file after a network's name.
///
/// ```text
/// file   = '=' 'onnx' '(' string (',' option)* ','? ')' ';'?
/// option = (word | string) '=' (integer | '[' (integer | '_'), .. ']' | word)
/// ```
pub fn file(input: ParseStream, report: &mut Report) -> File {
    let example = example();
    let sign = token(input);
    if !matches!(&sign, Some(TokenTree::Punct(sign)) if sign.as_char() == '=') {
        report.add(&sign, format_args!("a network that is read from a file is written with `=`: {example}"));
    }
    let kind = match next(input) {
        Some(TokenTree::Ident(word)) => {
            token(input);
            if word != "onnx" {
                report.add(&word, format_args!("only ONNX files are read here, but found `{word}`: {example}"));
            }
            word
        }
        other => {
            report
                .add(sign.iter().chain(&other).last(), format_args!("expected `onnx(..)` after `=`, but found {}", found(other.as_ref())));
            let kind = Ident::new("onnx", proc_macro2::Span::call_site());
            return File { kind, path: None, options: Vec::new(), illegible: true };
        }
    };
    let mut file = File { kind, path: None, options: Vec::new(), illegible: false };
    let before = report.len();
    match group(input, Delimiter::Parenthesis) {
        Some(arguments) => self::arguments(&arguments, &mut file, report),
        None if file.kind == "onnx" && next(input).is_none_or(|token| !matches!(token, TokenTree::Group(_))) => {
            report.add(&file.kind, format_args!("the path of the file goes in parentheses after `{}`: {example}", file.kind));
        }
        None => {
            let wrong = token(input);
            report.add(&wrong, format_args!("the path of the file goes in parentheses: {example}"));
        }
    }
    file.illegible = report.len() > before;
    if input.peek(Token![;]) {
        token(input);
    } else if input.peek(Token![,]) {
        report.add(token(input), "networks follow one another without `,`");
    }
    file
}

fn arguments(arguments: &Group, file: &mut File, report: &mut Report) {
    let example = example();
    inside(arguments.stream(), report, |input, report| {
        let path = if input.peek(LitStr) { input.parse().ok() } else { None };
        match path {
            Some(path) => file.path = Some(path),
            None => {
                let first = next(input);
                let text = format!("expected the path of the file in quotes, but found {}: {example}", found(first.as_ref()));
                report.add(first.map_or_else(|| arguments.to_token_stream(), ToTokens::into_token_stream), text);
                skip_to_comma(input);
            }
        }
        while !input.is_empty() {
            if !input.peek(Token![,]) {
                let other = next(input);
                report.add(&other, format_args!("expected `,` between two arguments, but found {}", found(other.as_ref())));
                skip_to_comma(input);
            }
            token(input);
            if input.is_empty() {
                break;
            }
            match option(input, report) {
                Some(option) if file.options.iter().any(|other| other.name == option.name) => {
                    report.add(&option.key, format_args!("`{}` is given twice; keep one", option.name));
                }
                Some(option) => file.options.push(option),
                None => skip_to_comma(input),
            }
        }
    });
}

fn option(input: ParseStream, report: &mut Report) -> Option<FileOption> {
    let first = next(input);
    let name = match &first {
        Some(TokenTree::Ident(_)) => input.call(Ident::parse_any).ok().map(|word| text::plain(&word)),
        _ if input.peek(LitStr) => input.parse::<LitStr>().ok().map(|word| word.value()),
        _ => None,
    };
    let Some(name) = name.filter(|_| input.peek(Token![=])) else {
        report.add(&first, format_args!("expected an option, such as `sequence = 128`, but found {}", found(first.as_ref())));
        return None;
    };
    token(input);
    let value = next(input);
    let read = match value {
        Some(TokenTree::Ident(ref word)) if WORDS.iter().any(|(option, _)| *option == name) => {
            let words = WORDS.iter().find(|(option, _)| *option == name).map_or(&[][..], |(_, words)| *words);
            if !words.contains(&word.to_string().as_str()) {
                report.add(word, format_args!("`{name}` is `{}`, but found `{word}`", words.join("` or `")));
                return None;
            }
            Some(FileValue::Word(word.to_string()))
        }
        Some(TokenTree::Literal(_)) => input.fork().parse::<LitInt>().ok().and_then(|size| size.base10_parse().ok()).map(FileValue::Size),
        Some(TokenTree::Group(ref sizes)) if sizes.delimiter() == Delimiter::Bracket => shape(sizes).map(FileValue::Shape),
        _ => None,
    };
    let Some(read) = read else {
        let text = format!(
            "`{name}` must be an integer, or the shape of an input such as `[_, 3, 32, 32]`, but found {}\nnote: the file is read before \
             constants have values",
            found(value.as_ref())
        );
        report.add(value.map_or_else(|| first.to_token_stream(), ToTokens::into_token_stream), text);
        return None;
    };
    token(input);
    Some(FileOption { name, key: first.to_token_stream(), value: read })
}

/// `[_, 3, 32, 32]`; None if something else is in the brackets.
fn shape(sizes: &Group) -> Option<Vec<Option<usize>>> {
    let size = |input: ParseStream| {
        if input.parse::<Token![_]>().is_ok() { Ok(None) } else { input.parse::<LitInt>()?.base10_parse().map(Some) }
    };
    let sizes = syn::parse::Parser::parse2(
        |input: ParseStream| syn::punctuated::Punctuated::<Option<usize>, Token![,]>::parse_terminated_with(input, size),
        sizes.stream(),
    );
    sizes.ok().map(|sizes| sizes.into_iter().collect())
}
