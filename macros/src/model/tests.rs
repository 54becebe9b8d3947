use proc_macro2::{Group, TokenStream, TokenTree};

use super::derive;

/// A struct with every kind of field.
const EVERYTHING: &str = "
    #[model(crate = cake::inner, forward)]
    pub struct Net<const N: usize, M, E: Dtype = f32, D: Storage<E> = Cpu> where M: , [(); N]: Sized {
        first: Encoder<E, D>,
        #[model(len = [N, 2])] blocks: Vec<Vec<Block<E, D>>>,
        #[model(some)] r#type: Option<M>,
        pair: [Block<E, D>; 2],
        #[model(skip)] steps: usize,
    }";

const TENSORS: &str = "
    #[model(crate = cake::inner, new = true)]
    struct Own<E: Dtype, D: Storage<E>> {
        #[model(param, init = ones)] a: Tensor<Rank1<3>, E, D>,
        #[model(buffer, init = -0.5)] b: Tensor<Rank1<3>, E, D>,
        #[model(param, init = |t| fill(t))] c: [Tensor<Rank1<3>, E, D>; 2],
    }";

const PLAIN: &str = "#[model(forward)] struct Plain(Encoder, Decoder);";
const OPEN: &str = "#[model(forward)] struct Pair<A, B>(A, Vec<B>);";

fn expanded(item: &str) -> String {
    derive(item.parse().expect("a test's item is made of tokens")).to_string()
}

/// The signatures of all items.
fn signatures(item: &str) -> Vec<String> {
    let file = syn::parse_str::<syn::File>(&expanded(item)).unwrap();
    let impls = file.items.iter().filter_map(|item| match item {
        syn::Item::Impl(item) => Some(item),
        _ => None,
    });
    impls
        .flat_map(|item| {
            let of = item.trait_.as_ref().map(|(_, path, _)| quote::quote!(#path).to_string()).unwrap_or_default();
            item.items.iter().map(move |item| match item {
                syn::ImplItem::Fn(method) => {
                    let mut signature = method.sig.clone();
                    signature.inputs.clear();
                    format!("{of} {}", quote::quote!(#signature))
                }
                other => format!("{of} {}", quote::quote!(#other)),
            })
        })
        .collect()
}

#[test]
fn paths_are_absolute_or_the_users() {
    for item in [EVERYTHING, TENSORS] {
        let expansion = expanded(item);
        assert!(!expansion.contains("layercake") && !expansion.contains("compile_error"), "{expansion}");
        assert!(expansion.contains("cake :: inner :: __private :: part :: show"), "{expansion}");
        for word in ["Result", "Ok", "Some", "None", "Default", "f64", "f32", "bool", "assert", "Debug", "size_of"] {
            for (at, _) in expansion.match_indices(&format!(" {word} ")) {
                let before = &expansion[..at];
                assert!(before.ends_with("::"), "`{word}` after `{}`", &before[before.len().saturating_sub(60)..]);
            }
        }
        let impls = expansion.matches("impl <").count();
        assert_eq!(expansion.matches("# [automatically_derived]").count(), impls, "{expansion}");
    }
}

#[test]
fn after_a_mistake_the_same_items_stand() {
    let wrong = TENSORS.replace("param, init = ones", "init = ones");
    let missing: Vec<String> = signatures(TENSORS).into_iter().filter(|item| !signatures(&wrong).contains(item)).collect();
    // Only the initialization of tensors, which users do not name.
    assert!(missing.len() == 2 && missing.iter().all(|item| item.contains("FieldInit")), "{missing:?}");
    assert_eq!(expanded(&wrong).matches("compile_error").count(), 1);
}

#[test]
fn what_cannot_be_moved_says_so() {
    let expansion = expanded(PLAIN);
    assert!(expansion.contains("`Plain` is declared for one number type and one device, and cannot be moved to others"), "{expansion}");
    for item in [EVERYTHING, TENSORS, OPEN] {
        assert!(!expanded(item).contains("declared for one number type"));
    }
}

#[test]
fn junctions_are_checked_where_they_can_be() {
    let count = |item: &str, what: &str| expanded(item).matches(what).count();
    // As an item, for `cargo check`.
    assert_eq!((count(PLAIN, "const __FLOW0"), count(PLAIN, ". enters (")), (1, 1));
    // In both functions, for each value of the parameters: three junctions, three repeated fields.
    assert_eq!((count(EVERYTHING, "const __FLOW0"), count(EVERYTHING, ". enters ("), count(EVERYTHING, ":: again (")), (0, 6, 6));
    assert_eq!(count(OPEN, ". enters ("), 0);
    // Each has a graph.
    assert_eq!([PLAIN, EVERYTHING, OPEN].map(|item| count(item, ":: HasGraph for ")), [1, 1, 1]);
}

/// Every token removed once, and every token doubled once.
fn edits(tokens: &TokenStream) -> Vec<TokenStream> {
    let list: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut all = Vec::new();
    for i in 0..list.len() {
        let (before, after) = (&list[..i], &list[i + 1..]);
        let with = |middle: Vec<TokenTree>| before.iter().cloned().chain(middle).chain(after.iter().cloned()).collect();
        all.push(with(Vec::new()));
        all.push(with(vec![list[i].clone(), list[i].clone()]));
        if let TokenTree::Group(group) = &list[i] {
            all.extend(edits(&group.stream()).into_iter().map(|inner| with(vec![Group::new(group.delimiter(), inner).into()])));
        }
    }
    all
}

#[test]
fn no_edit_makes_it_panic() {
    let mut fine = 0;
    let mut refused = 0;
    for item in [EVERYTHING, TENSORS, PLAIN, OPEN] {
        for edit in edits(&item.parse().unwrap()) {
            let expansion = derive(edit.clone());
            if let Err(error) = syn::parse2::<syn::File>(expansion.clone()) {
                panic!("{error}: {edit} gives {expansion}");
            }
            if expansion.to_string().contains("compile_error") { refused += 1 } else { fine += 1 }
        }
    }
    assert!(fine > 25 && refused > 400, "{fine} fine, {refused} refused");
}
