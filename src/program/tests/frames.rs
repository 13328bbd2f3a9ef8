//! PySpark's SQL API: what programs build with it and are told, and what reaches the engine.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use super::*;
use crate::cluster::DriverError;
use crate::conf::SparkConf;
use crate::program::sql::{
    Frame, QueryQuestion, SqlEngine, SqlSession, StartQuery, StreamsQuestion, TableSource, TriggerSpec, WriteFrame,
    serve,
};
use crate::sql::types::parse_schema;
use crate::sql::{Compiled, Context, Datum, Node, OutputMode, StateCall};
use crate::value::Value;

/// Runs frames of rows written out, and takes note of queries.
#[derive(Clone, Default)]
struct Naive(Rc<RefCell<Vec<StartQuery>>>);

/// An engine with a session, and nothing else.
#[derive(Clone, Default)]
struct Frames {
    session: Rc<RefCell<SqlSession>>,
    naive: Naive,
}

impl Engine for Frames {
    fn serve(&mut self, request: Request) -> Answer {
        let Request::Sql(request) = request else { return Answer::Ready(Ok(Reply::Done)) };
        let answer = serve(&mut self.session.borrow_mut(), &mut self.naive, &request);
        Answer::Ready(answer.map(Reply::Value).map_err(|error| match error {
            DriverError::Failed { class, message } => {
                Refusal { class: class.to_string(), message: message.to_string() }
            }
            other => panic!("{other}"),
        }))
    }
}

fn rows(node: &Node) -> Result<Vec<Rc<[Datum]>>, crate::sql::SqlError> {
    let context = Context { time_zone: chrono_tz::UTC, batch_time: 0, partition: 0 };
    Ok(match node {
        Node::LocalRows { rows, .. } => rows.to_vec(),
        Node::Alias { input, .. } => rows(input)?,
        Node::Limit { input, count } => rows(input)?.into_iter().take(*count as usize).collect(),
        Node::Filter { input, condition } => {
            let test = Compiled::new(condition, &input.output())?;
            let mut kept = Vec::new();
            for row in rows(input)? {
                if test.evaluate_row(&context, &row)? == Datum::Boolean(true) {
                    kept.push(row);
                }
            }
            kept
        }
        Node::Project { input, exprs } => {
            let output = input.output();
            let columns =
                exprs.iter().map(|named| Compiled::new(&named.expr, &output)).collect::<Result<Vec<_>, _>>()?;
            let project = |row: Rc<[Datum]>| columns.iter().map(|it| it.evaluate_row(&context, &row)).collect();
            rows(input)?.into_iter().map(project).collect::<Result<_, _>>()?
        }
        other => panic!("the naive engine does not run {other:?}"),
    })
}

impl SqlEngine for Naive {
    fn collect(&mut self, _: &SqlSession, frame: &Frame) -> Result<Vec<Rc<[Datum]>>, DriverError> {
        rows(&frame.node).map_err(|error| crate::program::sql::driver_error(&error))
    }

    fn show(&mut self, _: &SqlSession, _: &Frame, _: i64, _: i64, _: bool) -> Result<String, DriverError> {
        Ok("table".into())
    }

    fn explain(&mut self, _: &SqlSession, _: &Frame, mode: &str) -> Result<String, DriverError> {
        Ok(mode.into())
    }

    fn rdd(&mut self, _: &SqlSession, _: &Frame) -> Result<u64, DriverError> {
        Ok(0)
    }

    fn observed(&mut self, _: &str) -> Result<Value, DriverError> {
        Ok(Value::None)
    }

    fn write(&mut self, _: &SqlSession, _: &Frame, _: &WriteFrame) -> Result<(), DriverError> {
        Ok(())
    }

    fn start(&mut self, _: &SqlSession, query: StartQuery) -> Result<Value, DriverError> {
        let name = query.name.clone();
        self.0.borrow_mut().push(query);
        Ok(Value::tuple([Value::Int(0), Value::str("id"), Value::str("run"), Value::from(name)]))
    }

    fn query(&mut self, _: i64, question: &QueryQuestion) -> Result<Value, DriverError> {
        match question {
            QueryQuestion::Await { timeout: None } => {
                Err(DriverError::failed("StreamingQueryException", "[STREAM_FAILED] Query terminated"))
            }
            _ => Ok(Value::Bool(true)),
        }
    }

    fn streams(&mut self, _: &StreamsQuestion) -> Result<Value, DriverError> {
        Ok(Value::list([]))
    }

    fn add_listener(&mut self, _: &SqlSession, _: Function, _: Image) -> Result<i64, DriverError> {
        Ok(1)
    }

    fn remove_listener(&mut self, _: i64) -> Result<(), DriverError> {
        Ok(())
    }
}

const BEGIN: &str = "from pyspark.sql import SparkSession, Row, Window\nfrom pyspark.sql.types import *\n\
     import pyspark.sql.functions as F\nfrom pyspark.sql.functions import col, expr, explode, split, window, udf, lit\n\
     spark = SparkSession.builder.appName('x').getOrCreate()\n\
     lines = spark.readStream.format('socket').option('host', 'localhost').option('port', 9999).load()\n";

fn run_on(engine: &Frames, source: &str) -> Result<String, ProgramError> {
    let program = Program::compile("job.py", source)?;
    let run = program.run(&Bindings::default(), engine.clone(), Journal::default(), Surroundings::default());
    match run.outcome {
        Outcome::Done(_) => Ok(run.aftermath.printed),
        Outcome::Failed(error) => Err(error),
        Outcome::Suspended => panic!("the naive engine answers at once"),
    }
}

#[track_caller]
fn shows(body: &str, expected: &str) {
    match run_on(&Frames::default(), &format!("{BEGIN}{body}")) {
        Ok(printed) => assert_eq!(printed.trim_end(), expected),
        Err(error) => panic!("{}", error.traceback),
    }
}

#[track_caller]
fn refuses(body: &str) -> ProgramError {
    match run_on(&Frames::default(), &format!("{BEGIN}{body}")) {
        Ok(printed) => panic!("no error, but printed {printed:?}"),
        Err(error) => error,
    }
}

#[test]
fn a_word_count_reaches_the_engine_as_it_was_written() {
    let engine = Frames::default();
    let body = "words = lines.select(\n    explode(split(lines.value, ' ')).alias('word')\n)\n\
        counts = words.groupBy('word').count()\n\
        query = counts.writeStream \\\n    .outputMode('complete') \\\n    .format('console') \\\n    \
        .queryName('q') \\\n    .trigger(processingTime='5 seconds') \\\n    .option('checkpointLocation', 'c') \\\n    \
        .start()\nprint(query.name, query.id, query.isActive)\nprint(counts)\n";
    let printed = run_on(&engine, &format!("{BEGIN}{body}")).unwrap_or_else(|error| panic!("{}", error.traceback));
    assert_eq!(printed, "q id True\nDataFrame[word: string, count: bigint]\n");
    let started = engine.naive.0.borrow();
    let query = &started[0];
    assert_eq!(query.mode, OutputMode::Complete);
    assert_eq!(query.trigger, TriggerSpec::ProcessingTime(5_000_000));
    assert_eq!((&*query.format, query.checkpoint()), ("console", Some("c")));
    assert_eq!(engine.session.borrow().sources()[0].option("port"), Some("9999"));
}

#[test]
fn frames_say_what_they_are() {
    shows("lines.printSchema()", "root\n |-- value: string (nullable = true)");
    shows("print(lines.columns, lines.isStreaming, lines.dtypes)", "['value'] True [('value', 'string')]");
    shows("print(lines.schema)", "StructType([StructField('value', StringType(), True)])");
    shows("print(col('a') + 1, col('a')['b'], F.count('*'))", "Column<'(a + 1)'> Column<'a[b]'> Column<'count(1)'>");
    shows(
        "df = spark.createDataFrame([(1, 'x')], 'id INT, s STRING').withWatermark\nprint(spark.range(3).dtypes)",
        "[('id', 'bigint')]",
    );
}

#[test]
fn rows_go_in_and_come_out() {
    shows(
        "df = spark.createDataFrame([(1, 'x'), (2, None)], ['id', 's'])\n\
         print(df.where(col('id') > 1).collect(), df.select((df.id * 2).alias('d'), 's').collect())",
        "[Row(id=2, s=None)] [Row(d=2, s='x'), Row(d=4, s=None)]",
    );
    shows(
        "import datetime, decimal\n\
         row = Row(t=datetime.datetime(2024, 1, 2, 3, 4, 5, 6), d=datetime.date(1969, 12, 31), n=decimal.Decimal('1.50'), \
         m={'k': [1, 2]}, b=bytearray(b'x'), i=datetime.timedelta(seconds=1), s=Row(x=1.5))\n\
         got = spark.createDataFrame([row]).collect()[0]\n\
         print([got[name] == row[name] for name in row.__fields__], got.s.x, got['m'])",
        "[True, True, True, True, True, True, True] 1.5 {'k': [1, 2]}",
    );
}

#[test]
fn functions_of_the_program_are_called_with_rows_of_their_own() {
    shows(
        "factor = [10]\n@udf('int')\ndef times(x):\n    factor.append(x)\n    return x * factor[0]\n\
         df = spark.range(3).select(times('id').alias('v'))\nprint(df.collect(), factor)",
        "[Row(v=0), Row(v=10), Row(v=20)] [10]",
    );
    shows(
        "df = spark.createDataFrame([Row(p=Row(a=1, b='x'))])\n\
         name = udf(lambda p: '%s%d' % (p.b, p['a']))\nprint(df.select(name('p').alias('n')).collect())",
        "[Row(n='x1')]",
    );
    shows(
        "spark.udf.register('twice', lambda x: x * 2, 'long')\nspark.range(2).createOrReplaceTempView('t')\n\
         print(spark.sql('select twice(id) as v from t').collect())",
        "[Row(v=0), Row(v=2)]",
    );
}

#[test]
fn errors_are_pyspark_s_own() {
    let error = refuses("lines.select('nosuch')");
    assert_eq!(error.kind, "AnalysisException");
    assert!(error.message.starts_with("[UNRESOLVED_COLUMN.WITH_SUGGESTION] "), "{}", error.message);
    assert_eq!(error.source_line(), Some("lines.select('nosuch')"));
    let error = refuses("lines['nosuch']");
    assert!(error.message.contains("`nosuch` cannot be resolved"), "{}", error.message);
    assert_eq!(refuses("lines.nosuch").to_string(), "AttributeError: 'DataFrame' object has no attribute 'nosuch'");
    let error = refuses("if col('a') == 1:\n    pass");
    assert_eq!(error.kind, "PySparkValueError");
    assert!(error.message.starts_with("[CANNOT_CONVERT_COLUMN_INTO_BOOL] Cannot convert column into bool"));
    let error = refuses("lines.collect()");
    assert!(error.message.starts_with("Queries with streaming sources must be executed with writeStream.start();"));
    let error = refuses("lines.writeStream.outputMode('sometimes')");
    assert_eq!(error.kind, "IllegalArgumentException");
    assert_eq!(
        refuses("lines.writeStream.format('memory').start()").message,
        "queryName must be specified for memory sink."
    );
    let error = refuses("lines.writeStream.format('console').start().awaitTermination()");
    assert_eq!(error.to_string(), "StreamingQueryException: [STREAM_FAILED] Query terminated");
    let error = refuses("spark.range(1).writeStream");
    assert!(error.message.starts_with("[WRITE_STREAM_NOT_ALLOWED]"));
    shows(
        "from pyspark.sql.utils import AnalysisException\ntry:\n    lines.select('x')\n\
         except AnalysisException as e:\n    print(e.getErrorClass())",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
    );
}

#[test]
fn driver_functions_of_queries_are_part_of_the_graph() {
    let engine = Frames::default();
    let body = "seen = []\ndef each(df, batch):\n    seen.append((batch, df.columns, df.collect()))\n    print(seen)\n\
                lines.writeStream.foreachBatch(each).start()\n";
    run_on(&engine, &format!("{BEGIN}{body}")).unwrap_or_else(|error| panic!("{}", error.traceback));
    let query = engine.naive.0.borrow()[0].clone();
    let batch = {
        let mut session = engine.session.borrow_mut();
        let rows: Rc<[Rc<[Datum]>]> = [Rc::from([Datum::String("a b".into())])].into();
        let node = Rc::new(Node::LocalRows { output: query.node.output(), rows });
        session.keep(node)
    };
    let function = query.foreach_batch.clone().unwrap();
    let arguments = [Value::Int(7), batch];
    let call = query.image.call(&function, &arguments, engine, Journal::default(), Surroundings::default());
    assert!(matches!(call.outcome, Outcome::Done(_)), "{:?}", call.outcome);
    assert_eq!(call.aftermath.printed, "[(7, ['value'], [Row(value='a b')])]\n");
}

/// The state function that a frame's plan ends with.
fn state_function(engine: &Frames, body: &str) -> crate::sql::StateFunction {
    run_on(engine, &format!("{BEGIN}{body}")).unwrap_or_else(|error| panic!("{}", error.traceback));
    let query = engine.naive.0.borrow()[0].clone();
    match &*query.node {
        Node::StateGroups { function, .. } => function.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn state_functions_keep_plain_data() {
    let engine = Frames::default();
    let body = "def fn(key, rows, state):\n    total = state.get()['n'] if state.exists() else 0\n    \
                for row in rows:\n        total = total + len(row['value'])\n    \
                state.update({'n': total})\n    state.setTimeoutTimestamp(5000)\n    \
                return [{'k': key, 'n': total, 'wm': state.getCurrentWatermarkMs()}]\n\
                made = lines.groupByKey(lambda row: row['value']).flatMapGroupsWithState(fn, 'append', 'EventTimeTimeout')\n\
                made.writeStream.format('console').start()\n";
    let function = state_function(&engine, body);
    let names: Vec<&str> = function.output.iter().map(|field| &*field.name).collect();
    assert_eq!((names, &*function.name), (vec!["k", "n", "wm"], "fn"));
    let schema = parse_schema("value STRING").unwrap();
    let rows = [Rc::from([Datum::String("abc".into())])];
    let call = |state: Option<Datum>, watermark| {
        (function.call)(StateCall {
            key: &[Datum::String("abc".into())],
            rows: &rows,
            schema: &schema,
            state,
            timed_out: false,
            watermark: Some(watermark),
            processing_time: 0,
            timeout: function.timeout,
        })
    };
    let first = call(None, 0).unwrap();
    assert_eq!(first.timeout_at, Some(5000));
    assert_eq!(&*first.rows[0], [Datum::String("abc".into()), Datum::Long(3), Datum::Long(0)]);
    let second = call(first.state, 1).unwrap();
    assert_eq!(second.rows[0][1], Datum::Long(6));
    let late = call(None, 6000).unwrap_err();
    assert_eq!(late.class, "IllegalArgumentException");
    let text = "Timeout timestamp (5000) cannot be earlier than the current watermark (6000)";
    assert_eq!(&*late.message, text);
}

#[test]
fn state_functions_over_pandas_frames() {
    let engine = Frames::default();
    let body = "import pandas as pd\nfrom pyspark.sql.streaming.state import GroupStateTimeout\n\
                def count(key, frames, state):\n    (word,) = key\n    n = state.get[0] if state.exists else 0\n    \
                for frame in frames:\n        n += len(frame)\n    state.update((n,))\n    \
                yield pd.DataFrame({'word': [word], 'n': [n]})\n\
                made = lines.groupBy('value').applyInPandasWithState(\n    count, 'word STRING, n LONG', 'n LONG', 'update', \
                GroupStateTimeout.NoTimeout)\nmade.writeStream.outputMode('update').format('console').start()\n";
    let function = state_function(&engine, body);
    assert_eq!(function.mode, Some(OutputMode::Update));
    let schema = parse_schema("value STRING").unwrap();
    let rows = [Rc::from([Datum::String("a".into())]), Rc::from([Datum::String("a".into())])];
    let outcome = (function.call)(StateCall {
        key: &[Datum::String("a".into())],
        rows: &rows,
        schema: &schema,
        state: Some(Datum::Struct([Datum::Long(3)].into())),
        timed_out: false,
        watermark: None,
        processing_time: 0,
        timeout: function.timeout,
    })
    .unwrap();
    assert_eq!(&*outcome.rows[0], [Datum::String("a".into()), Datum::Long(5)]);
    assert_eq!(outcome.state, Some(Datum::Struct([Datum::Long(5)].into())));
}

#[test]
fn names_of_functions_are_those_of_pyspark() {
    shows(
        "missing = [name for name in ('abs', 'window', 'session_window', 'element_at', 'count_distinct', 'transform', \
         'to_json', 'approx_count_distinct', 'shiftLeft', 'udf', 'DataFrame', 'Column', 'StringType') if not hasattr(F, name)]\n\
         print(missing, F.round.__name__, F.date_format('d', format='yyyy'))",
        "[] round Column<'date_format(d, yyyy)'>",
    );
    let error = refuses("F.upper('a', 'b')");
    assert_eq!(error.to_string(), "TypeError: upper() takes 1 positional argument but 2 were given");
}

/// What a case of the corpus finds bound, and the columns of its result.
fn analyzed(case: &serde_json::Value) -> Result<String, ProgramError> {
    let source = |schema: &serde_json::Value, streaming| TableSource {
        streaming,
        format: "memory".into(),
        options: Vec::new(),
        path: None,
        schema: parse_schema(schema["schema"].as_str().unwrap()).unwrap(),
    };
    let mut given = IndexMap::new();
    for (name, streaming) in [("inputs", true), ("tables", false)] {
        for (name, input) in case[name].as_object().into_iter().flatten() {
            given.insert(name.clone(), source(input, streaming));
        }
    }
    let session = SqlSession::new(&SparkConf::default(), Rc::new(given));
    let engine = Frames { session: Rc::new(RefCell::new(session)), ..Frames::default() };
    let text =
        format!("{}\nprint(','.join(field.name for field in result.schema))\n", case["program"].as_str().unwrap());
    let program = Program::compile("case.py", &text)?;
    let result_schema = case["resultSchema"].as_str().map(str::to_owned);
    let bindings = Bindings { session: true, result_schema, ..Bindings::default() };
    let run = program.run(&bindings, engine, Journal::default(), Surroundings::default());
    match run.outcome {
        Outcome::Done(_) => Ok(run.aftermath.printed.trim_end().to_owned()),
        Outcome::Failed(error) => Err(error),
        Outcome::Suspended => panic!("the naive engine answers at once"),
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the corpus is in files")]
fn the_corpus_is_analyzed() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/structured");
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        let case: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let when = case["expectedError"]["when"].as_str().unwrap_or("never");
        match (analyzed(&case), when) {
            (Ok(names), "never") => {
                let expected = parse_schema(case["resultSchema"].as_str().unwrap()).unwrap();
                let expected = expected.iter().map(|field| &*field.name).collect::<Vec<_>>().join(",");
                if names != expected {
                    failures.push(format!("{}: {names} instead of {expected}", case["name"]));
                }
            }
            (Ok(_), "plan") => failures.push(format!("{}: not refused", case["name"])),
            (Err(error), "plan") => {
                let text = case["expectedError"]["contains"].as_str().unwrap();
                if !error.message.contains(text) {
                    failures.push(format!("{}: {}", case["name"], error.message));
                }
            }
            (Err(error), "never") => failures.push(format!("{}: {}", case["name"], error.traceback)),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}
