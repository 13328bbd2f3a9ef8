//! Expressions over columns and over rows.

use std::cell::Cell;
use std::rc::Rc;

use arrow_array::cast::AsArray;

use super::*;
use crate::sql::columns::{batch_of_rows, datums, empty_batch};
use crate::sql::functions::{Evaluation, Function, Signature, lookup};
use crate::sql::types::parse_schema;
use crate::sql::{AttributeId, DataType, StructField, TypedKind, UserFunction};

fn context() -> Context {
    Context { time_zone: Tz::UTC, batch_time: 0, partition: 0 }
}

fn input(ddl: &str) -> (Rc<[StructField]>, Vec<Attribute>) {
    let fields = parse_schema(ddl).unwrap();
    let attributes = fields.iter().enumerate().map(|(index, field)| Attribute {
        id: AttributeId(index as u64),
        name: field.name.clone(),
        data_type: field.data_type.clone(),
        nullable: field.nullable,
        qualifiers: Rc::new([]),
        watermark_delay: None,
    });
    let attributes = attributes.collect();
    (fields, attributes)
}

fn column(id: u64, data_type: DataType) -> Typed {
    Typed { kind: TypedKind::Attribute { id: AttributeId(id), name: "x".into() }, data_type, nullable: true }
}

fn literal(value: Datum, data_type: DataType) -> Typed {
    Typed { nullable: value.is_null(), kind: TypedKind::Literal(value), data_type }
}

fn int(number: i32) -> Typed {
    literal(Datum::Integer(number), DataType::Integer)
}

fn typed(kind: TypedKind, data_type: DataType) -> Typed {
    Typed { kind, data_type, nullable: true }
}

fn call(name: &str, args: Vec<Typed>) -> Typed {
    let function = lookup(name).unwrap();
    let signature = (function.signature)(function, &args).unwrap();
    let args = args
        .into_iter()
        .zip(signature.arguments)
        .map(|(arg, to)| {
            let kind = TypedKind::Cast { expr: Rc::new(arg.clone()), try_cast: false };
            if arg.data_type == to { arg } else { typed(kind, to) }
        })
        .collect();
    typed(TypedKind::Call { function, args }, signature.returns)
}

/// The values of the rows, by columns and by rows, which must be the same.
fn evaluate(expr: &Typed, ddl: &str, rows: &[Rc<[Datum]>]) -> Result<Vec<Datum>, SqlError> {
    let (fields, attributes) = input(ddl);
    let compiled = Compiled::new(expr, &attributes)?;
    assert_eq!(compiled.evaluate(&context(), &empty_batch(&fields)).unwrap().len(), 0);
    let batch = batch_of_rows(&fields, rows)?;
    let by_column = compiled.evaluate(&context(), &batch).map(|column| {
        assert_eq!(column.data_type(), &expr.data_type.to_arrow());
        datums(&column, &expr.data_type)
    });
    let by_row: Result<Vec<_>, _> = rows.iter().map(|row| compiled.evaluate_row(&context(), row)).collect();
    assert_eq!(by_column, by_row);
    by_column
}

fn row(values: impl Into<Rc<[Datum]>>) -> Rc<[Datum]> {
    values.into()
}

#[test]
fn arithmetic_wraps_and_divides_by_zero_to_null() {
    let rows = [
        row([Datum::Integer(i32::MAX), Datum::Integer(0)]),
        row([Datum::Integer(-7), Datum::Integer(2)]),
        row([Datum::Null, Datum::Integer(1)]),
    ];
    let (a, b) = (column(0, DataType::Integer), column(1, DataType::Integer));
    let run = |expr: Typed| evaluate(&expr, "a INT, b INT", &rows).unwrap();
    assert_eq!(run(call("+", vec![a.clone(), int(1)])), [Datum::Integer(i32::MIN), Datum::Integer(-6), Datum::Null]);
    assert_eq!(run(call("/", vec![a.clone(), b.clone()])), [Datum::Null, Datum::Double(-3.5), Datum::Null]);
    assert_eq!(run(call("div", vec![a.clone(), b.clone()])), [Datum::Null, Datum::Long(-3), Datum::Null]);
    assert_eq!(run(call("%", vec![a.clone(), b.clone()])), [Datum::Null, Datum::Integer(-1), Datum::Null]);
    assert_eq!(run(call("pmod", vec![a.clone(), b.clone()])), [Datum::Null, Datum::Integer(1), Datum::Null]);
    let decimal = literal(Datum::Decimal(15, 1), DataType::decimal(2, 1));
    assert_eq!(
        run(call("*", vec![a, decimal])),
        [Datum::Decimal(32_212_254_705, 1), Datum::Decimal(-105, 1), Datum::Null]
    );
}

#[test]
fn logic_has_three_values() {
    let flags = [Datum::Boolean(true), Datum::Boolean(false), Datum::Null];
    let rows: Vec<_> =
        flags.iter().flat_map(|left| flags.iter().map(|right| row([left.clone(), right.clone()]))).collect();
    let (a, b) = (column(0, DataType::Boolean), column(1, DataType::Boolean));
    let run = |name: &str| evaluate(&call(name, vec![a.clone(), b.clone()]), "a BOOLEAN, b BOOLEAN", &rows).unwrap();
    let [yes, no, unknown] = &flags;
    let expected = |values: [&Datum; 9]| values.map(Clone::clone);
    assert_eq!(run("and"), expected([yes, no, unknown, no, no, no, unknown, no, unknown]));
    assert_eq!(run("or"), expected([yes, yes, yes, yes, no, unknown, yes, unknown, unknown]));
    assert_eq!(run("<=>"), expected([yes, no, no, no, yes, no, no, no, yes]));
    assert_eq!(run("="), expected([yes, no, unknown, no, yes, unknown, unknown, unknown, unknown]));
}

#[test]
fn zeros_are_equal_and_nan_is_the_greatest() {
    let numbers = [0.0, -0.0, f64::NAN, f64::INFINITY].map(Datum::Double);
    let rows: Vec<_> = numbers.iter().map(|number| row([number.clone()])).collect();
    let run = |name: &str, number: f64| {
        let other = literal(Datum::Double(number), DataType::Double);
        let flags = evaluate(&call(name, vec![column(0, DataType::Double), other]), "a DOUBLE", &rows).unwrap();
        flags.into_iter().map(|flag| flag == Datum::Boolean(true)).collect::<Vec<_>>()
    };
    assert_eq!(run("=", 0.0), [true, true, false, false]);
    assert_eq!(run("=", f64::NAN), [false, false, true, false]);
    assert_eq!(run("<", f64::NAN), [true, true, false, true]);
    assert_eq!(run("in", -0.0), [true, true, false, false]);
}

#[test]
fn case_takes_the_first_that_is_true_and_fails_for_no_other() {
    let failing = UserFunction {
        name: "fail_on_zero".into(),
        returns: DataType::Integer,
        deterministic: true,
        call: Rc::new(|args| match args {
            [Datum::Integer(0)] => Err(SqlError::new("PythonException", None, "zero")),
            [value] => Ok(value.clone()),
            _ => Ok(Datum::Null),
        }),
    };
    let a = || column(0, DataType::Integer);
    let user = typed(TypedKind::UserCall { function: failing, args: vec![a()] }, DataType::Integer);
    let branches = vec![(call("=", vec![a(), int(0)]), int(-1)), (call(">", vec![a(), int(5)]), user.clone())];
    let case = typed(TypedKind::Case { branches, otherwise: None }, DataType::Integer);
    let rows = [0, 7, 3].map(|number| row([Datum::Integer(number)]));
    assert_eq!(evaluate(&case, "a INT", &rows).unwrap(), [Datum::Integer(-1), Datum::Integer(7), Datum::Null]);
    assert_eq!(evaluate(&user, "a INT", &rows).unwrap_err().to_string(), "zero");
}

#[test]
fn fields_are_read_from_structs_and_from_arrays_of_them() {
    let ddl = "s STRUCT<x: INT, y: STRING>, l ARRAY<STRUCT<x: INT, y: STRING>>";
    let (fields, _) = input(ddl);
    let one = |x: i32| Datum::Struct([Datum::Integer(x), Datum::String("t".into())].into());
    let rows = [
        row([one(1), Datum::Array([one(2), Datum::Null].into())]),
        row([Datum::Null, Datum::Null]),
        row([Datum::Struct([Datum::Null, Datum::Null].into()), Datum::Array([].into())]),
    ];
    let field = |id: u64, data_type: DataType| {
        let expr = Rc::new(column(id, fields[id as usize].data_type.clone()));
        typed(TypedKind::Field { expr, index: 0 }, data_type)
    };
    assert_eq!(
        evaluate(&field(0, DataType::Integer), ddl, &rows).unwrap(),
        [Datum::Integer(1), Datum::Null, Datum::Null]
    );
    assert_eq!(
        evaluate(&field(1, DataType::array(DataType::Integer)), ddl, &rows).unwrap(),
        [Datum::Array([Datum::Integer(2), Datum::Null].into()), Datum::Null, Datum::Array([].into())]
    );
}

/// `transform`, as small as it can be.
static EACH: Function = Function {
    name: "each",
    aliases: &[],
    signature: |_, args| {
        Ok(Signature {
            arguments: args.iter().map(|arg| arg.data_type.clone()).collect(),
            returns: args[0].data_type.clone(),
            nullable: true,
        })
    },
    evaluation: Evaluation::HigherOrder(|_, args, lambdas, _| match args {
        [Datum::Array(members)] => members
            .iter()
            .map(|member| lambdas[0](std::slice::from_ref(member)))
            .collect::<Result<_, _>>()
            .map(Datum::Array),
        _ => Ok(Datum::Null),
    }),
};

#[test]
fn lambdas_see_their_parameters_and_the_row() {
    let lists = DataType::array(DataType::Integer);
    let each = |list: Typed, parameter: u64, body: Typed| {
        let data_type = DataType::array(body.data_type.clone());
        let lambda = TypedKind::Lambda { parameters: vec![AttributeId(parameter)], body: Rc::new(body) };
        typed(TypedKind::Call { function: &EACH, args: vec![list, typed(lambda, DataType::Integer)] }, data_type)
    };
    let inner = call(
        "+",
        vec![
            call("+", vec![column(10, DataType::Integer), column(11, DataType::Integer)]),
            column(1, DataType::Integer),
        ],
    );
    let nested = each(column(0, lists.clone()), 10, each(column(0, lists), 11, inner));
    let list = Datum::Array([Datum::Integer(1), Datum::Integer(2)].into());
    let rows = [row([list, Datum::Integer(100)]), row([Datum::Null, Datum::Null])];
    let sums = |left: i32, right: i32| Datum::Array([Datum::Integer(left), Datum::Integer(right)].into());
    assert_eq!(
        evaluate(&nested, "l ARRAY<INT>, n INT", &rows).unwrap(),
        [Datum::Array([sums(102, 103), sums(103, 104)].into()), Datum::Null]
    );
}

#[test]
fn literals_are_columns_of_any_length() {
    let (fields, attributes) = input("a INT");
    let compiled = Compiled::new(&int(7), &attributes).unwrap();
    for size in [1, 3, 2, 0, 5] {
        let rows: Vec<_> = (0..size).map(|number| row([Datum::Integer(number)])).collect();
        let column = compiled.evaluate(&context(), &batch_of_rows(&fields, &rows).unwrap()).unwrap();
        assert_eq!(column.as_primitive::<arrow_array::types::Int32Type>().values(), &vec![7; rows.len()][..]);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let error = Compiled::new(&column(9, DataType::Integer), &input("a INT").1).unwrap_err();
    assert_eq!(error.to_string(), "[INTERNAL_ERROR] Couldn't find x#9 in [a#0]");
    let calls = Rc::new(Cell::new(0));
    let seen = calls.clone();
    let function = UserFunction {
        name: "count".into(),
        returns: DataType::Integer,
        deterministic: false,
        call: Rc::new(move |_| {
            seen.set(seen.get() + 1);
            Ok(Datum::Integer(seen.get()))
        }),
    };
    let rows = [row([Datum::Null]), row([Datum::Null])];
    let user = typed(TypedKind::UserCall { function, args: Vec::new() }, DataType::Integer);
    let (fields, attributes) = input("a INT");
    let batch = batch_of_rows(&fields, &rows).unwrap();
    Compiled::new(&user, &attributes).unwrap().evaluate(&context(), &batch).unwrap();
    assert_eq!(calls.get(), 2);
}
