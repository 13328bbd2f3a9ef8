//! Generators: `explode` and its like in a list, and `LATERAL VIEW`.

use std::rc::Rc;

use crate::sql::functions::{self, Evaluation, Function};
use crate::sql::{Attribute, DataType, Expr, Node, SqlError, StructField, Typed, TypedKind};

use super::scope::Scope;
use super::typing::Typer;
use super::{Analyzer, casts, errors, time};

/// The generator of this name, and whether a row without results gives a row of nulls.
fn lookup(name: &str) -> Option<(&'static Function, bool)> {
    let lower = name.to_lowercase();
    let generator = |name: &str| functions::lookup(name).filter(|it| matches!(it.evaluation, Evaluation::Generator(_)));
    match lower.strip_suffix("_outer") {
        Some(base) => generator(base).map(|it| (it, true)),
        None => generator(&lower).map(|it| (it, false)),
    }
}

/// A generator as it stands in a list: its call, and the names given to its columns.
struct Generator<'a> {
    call: &'a Expr,
    function: &'static Function,
    outer: bool,
    args: &'a [Expr],
    names: Vec<Rc<str>>,
}

fn generator(expr: &Expr) -> Option<Generator<'_>> {
    let (call, names) = match expr {
        Expr::Alias { expr, name } => (&**expr, vec![name.clone()]),
        Expr::MultiAlias { expr, names } => (&**expr, names.clone()),
        other => (other, Vec::new()),
    };
    let Expr::Call { name, args, .. } = call else { return None };
    let (function, outer) = lookup(name)?;
    Some(Generator { call, function, outer, args, names })
}

/// Whether an expression of a list is a generator, named or not.
pub(super) fn is_generator(expr: &Expr) -> bool {
    generator(expr).is_some()
}

/// Whether a generator stands somewhere in an expression.
pub(super) fn stands_in(typed: &Typed) -> bool {
    typed.any(&mut |it| match &it.kind {
        TypedKind::Call { function, .. } => matches!(function.evaluation, Evaluation::Generator(_)),
        _ => false,
    })
}

/// A generator where only a value may stand: of one column it has the column's type, until it is refused for it.
pub(super) fn as_value(typed: Typed) -> Typed {
    if !matches!(&typed.kind, TypedKind::Call { function, .. } if matches!(function.evaluation, Evaluation::Generator(_)))
    {
        return typed;
    }
    match columns(&typed).as_slice() {
        [one] => Typed { data_type: one.data_type.clone(), ..typed },
        _ => typed,
    }
}

/// The columns that a generator makes, by its type.
fn columns(typed: &Typed) -> Vec<StructField> {
    let element = match &typed.data_type {
        DataType::Array { element, .. } => element,
        other => other,
    };
    match element {
        DataType::Struct(fields) => fields.to_vec(),
        other => vec![StructField { name: "col".into(), data_type: other.clone(), nullable: true }],
    }
}

impl Analyzer<'_> {
    /// A plan with a generator's columns after its own.
    fn generate(
        &self,
        input: Rc<Node>,
        typed: Typed,
        outer: bool,
        names: &[Rc<str>],
        qualifiers: Rc<[Rc<str>]>,
    ) -> Result<(Rc<Node>, Vec<Attribute>), SqlError> {
        let fields = columns(&typed);
        if !names.is_empty() && names.len() != fields.len() {
            let text = format!(
                "The number of aliases supplied in the AS clause does not match the number of columns output by the \
                 UDTF. Expected {} aliases, but got {}. Please ensure that the number of aliases provided matches the \
                 number of columns output by the UDTF.",
                fields.len(),
                names.join(",")
            );
            return Err(SqlError::analysis("UDTF_ALIAS_NUMBER_MISMATCH", text));
        }
        let made: Vec<Attribute> = fields
            .into_iter()
            .enumerate()
            .map(|(index, field)| Attribute {
                id: self.fresh(),
                name: names.get(index).cloned().unwrap_or(field.name),
                data_type: field.data_type,
                nullable: field.nullable || outer,
                qualifiers: qualifiers.clone(),
                watermark_delay: None,
            })
            .collect();
        let output = input.output().into_iter().chain(made.iter().cloned()).collect();
        Ok((Rc::new(Node::Generate { input, generator: typed, outer, output }), made))
    }

    fn generator_call(
        &self,
        input: &Rc<Node>,
        call: &Expr,
        function: &'static Function,
        args: &[Expr],
    ) -> Result<(Typed, Rc<Node>), SqlError> {
        let typer = Typer::new(self, Scope::shown(input), "Generate");
        let mut typed = Vec::with_capacity(args.len());
        for arg in args {
            let arg = typer.typed(arg)?;
            if stands_in(&arg) {
                let text = format!("The generator is not supported: nested in expressions \"{}\".", typer.pretty(call));
                return Err(SqlError::analysis("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", text));
            }
            typed.push(arg);
        }
        let typed = casts::call(function, typed)?;
        let input = time::below(&typer.lifted.into_inner(), input.clone())?;
        Ok((typed, input))
    }

    /// A list in which generators stand: each is computed first, then the rest is selected.
    pub(super) fn generated(&self, input: Rc<Node>, list: &[Expr]) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::of(&input), "Project");
        let plain = list.iter().filter(|it| !is_generator(it));
        let named = plain.map(|it| typer.named(it)).collect::<Result<Vec<_>, _>>()?;
        let mut aggregates = named.iter().any(|it| it.expr.has_aggregate());
        for found in list.iter().filter_map(generator) {
            for arg in found.args {
                aggregates |= typer.typed(arg)?.has_aggregate();
            }
        }
        if aggregates {
            return self.aggregate(input, &[], None, list, None);
        }
        let mut below = input;
        let mut exprs = Vec::with_capacity(list.len());
        for expr in list {
            let Some(found) = generator(expr) else {
                exprs.push(expr.clone());
                continue;
            };
            let (typed, input) = self.generator_call(&below, found.call, found.function, found.args)?;
            let (node, made) = self.generate(input, typed, found.outer, &found.names, [].into())?;
            below = node;
            exprs.extend(made.into_iter().map(|it| Expr::Attribute { id: it.id, name: it.name }));
        }
        self.select(below, &exprs)
    }

    /// A list of an aggregation in which generators stand: what they need is aggregated first.
    pub(super) fn generated_over_aggregate(
        &self,
        list: &[Expr],
        aggregate: impl FnOnce(&[Expr]) -> Result<Rc<Node>, SqlError>,
    ) -> Result<Rc<Node>, SqlError> {
        let mut inner = Vec::new();
        for expr in list {
            match generator(expr) {
                None => inner.push(expr.clone()),
                Some(found) => inner.extend(found.args.iter().enumerate().map(|(index, arg)| Expr::Alias {
                    expr: Rc::new(arg.clone()),
                    name: format!("_gen_input_{index}").into(),
                })),
            }
        }
        let node = aggregate(&inner)?;
        let mut made = node.output().into_iter().map(|it| Expr::Attribute { id: it.id, name: it.name });
        let mut outer = Vec::with_capacity(list.len());
        for expr in list {
            let Some(found) = generator(expr) else {
                outer.extend(made.next());
                continue;
            };
            let Expr::Call { name, args, distinct, filter } = found.call else { continue };
            let args = made.by_ref().take(args.len()).collect();
            let call = Expr::Call { name: name.clone(), args, distinct: *distinct, filter: filter.clone() };
            outer.push(match found.names.len() {
                0 => call,
                _ => Expr::MultiAlias { expr: Rc::new(call), names: found.names },
            });
        }
        self.select(node, &outer)
    }

    /// `LATERAL VIEW [OUTER] generator(..) table AS columns`.
    pub(super) fn lateral_view(
        &self,
        input: Rc<Node>,
        expr: &Expr,
        outer: bool,
        table: &Rc<str>,
        names: &[Rc<str>],
    ) -> Result<Rc<Node>, SqlError> {
        let Some(found) = generator(expr) else {
            let typer = Typer::new(self, Scope::of(&input), "Generate");
            typer.typed(expr)?;
            let name = match expr {
                Expr::Call { name, .. } => name.to_lowercase(),
                other => typer.pretty(other).to_string(),
            };
            let mut letters = name.chars();
            let first = letters.next().map(|it| it.to_ascii_uppercase()).into_iter();
            let class: String = first.chain(letters).collect();
            let text = format!(
                "The generator is not supported: {} is expected to be a generator. However, its class is \
                 org.apache.spark.sql.catalyst.expressions.{class}, which is not a generator.",
                errors::quoted(&[&name])
            );
            return Err(SqlError::analysis("UNSUPPORTED_GENERATOR.NOT_GENERATOR", text));
        };
        let (typed, input) = self.generator_call(&input, found.call, found.function, found.args)?;
        let (node, _) = self.generate(input, typed, outer || found.outer, names, [table.clone()].into())?;
        Ok(node)
    }
}
