//! Compiling a program, with a step counted at every turn of a loop and every entry into a function.
//!
//! RustPython has no step hook that is cheap, deterministic and private to a thread, so the count is compiled into the
//! program: a name that no Python source can spell is tested for truth, and its truth test takes one step off the
//! [`super::budget`]. The tests stand outside any `try` of the body they guard, so a program that swallows the error
//! meets it again one frame further out and ends all the same. Functions that neither call nor loop are left
//! alone: `lambda word: (word, 1)` costs nothing.

use rustpython_ruff_text_size::TextRange;

use super::reach;
use rustpython_vm::{
    AsObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyStr},
    compiler::{
        CompileError, CompileOpts, Mode,
        ast::{
            self, AtomicNodeIndex, BoolOp, Expr, ExprContext, Stmt, UnaryOp,
            visitor::{
                self, Visitor,
                transformer::{self, Transformer},
            },
        },
        codegen,
        core::SourceFileBuilder,
        parser,
    },
    function::FuncArgs,
};

/// The name under which the counter stands in `builtins`; not an identifier, so programs can't reach it.
pub(super) const COUNTER: &str = ".step";

/// Compiles a program's text; `file` is what tracebacks call it.
pub(super) fn compile(
    vm: &VirtualMachine,
    source: &str,
    file: &str,
    mode: Mode,
) -> Result<PyRef<PyCode>, Box<CompileError>> {
    let source_file = SourceFileBuilder::new(file, source).finish();
    let syntax = if matches!(mode, Mode::Eval) { parser::Mode::Expression } else { parser::Mode::Module };
    let parsed = parser::parse(source, syntax.into())
        .map_err(|error| CompileError::from_ruff_parse_error(error, &source_file))?;
    let mut tree = parsed.into_syntax();
    match &mut tree {
        ast::Mod::Module(module) => Counting.visit_body(&mut module.body),
        ast::Mod::Expression(expression) => Counting.visit_expr(&mut expression.body),
    }
    let options = CompileOpts { optimize: 0, debug_ranges: true };
    let code = codegen::compile::compile_top(tree, source_file, mode, options).map_err(CompileError::from)?;
    Ok(vm.ctx.new_code(code))
}

/// Has `exec`, `eval` and `compile` count the steps of text that a program compiles at run time.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    for (name, file, mode) in [("exec", 0, Mode::Exec), ("eval", 0, Mode::Eval), ("compile", 1, Mode::Exec)] {
        let original = vm.builtins.as_object().get_attr(name, vm)?;
        let counting = vm.new_function(name, move |mut args: FuncArgs, vm: &VirtualMachine| -> PyResult {
            let program = vm.current_frame().is_some_and(|frame| reach::is_program(vm, &frame.globals));
            let source =
                args.args.first().and_then(|source| source.downcast_ref::<PyStr>()).and_then(|text| text.to_str());
            let (true, Some(source)) = (program, source) else { return original.call(args, vm) };
            let text = |index: usize| args.args.get(index).and_then(|text| text.downcast_ref::<PyStr>()?.to_str());
            let file = if file == 1 { text(1).unwrap_or("<string>") } else { "<string>" };
            let mode = match (name, text(2)) {
                ("compile", Some("eval")) => Mode::Eval,
                ("compile", Some("single")) => Mode::Single,
                _ => mode,
            };
            let source = if matches!(mode, Mode::Eval) { source.trim() } else { source };
            let code = compile(vm, source, file, mode).map_err(|error| vm.new_syntax_error(&error, Some(source)))?;
            if name == "compile" {
                return Ok(code.into());
            }
            args.args[0] = code.into();
            original.call(args, vm)
        });
        vm.builtins.as_object().set_attr(name, counting, vm)?;
    }
    Ok(())
}

struct Counting;

impl Transformer for Counting {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        transformer::walk_stmt(self, stmt);
        match stmt {
            Stmt::While(ast::StmtWhile { body, range, .. }) | Stmt::For(ast::StmtFor { body, range, .. }) => {
                body.insert(0, count_statement(*range));
            }
            Stmt::FunctionDef(ast::StmtFunctionDef { body, range, .. })
                if repeats(|search| search.visit_body(body)) =>
            {
                let documented =
                    matches!(body.first(), Some(Stmt::Expr(first)) if first.value.is_string_literal_expr());
                body.insert(usize::from(documented), count_statement(*range));
            }
            _ => {}
        }
    }

    fn visit_expr(&self, expr: &mut Expr) {
        transformer::walk_expr(self, expr);
        if let Expr::Lambda(lambda) = expr
            && repeats(|search| search.visit_expr(&lambda.body))
        {
            let (node_index, range) = (AtomicNodeIndex::NONE, lambda.range);
            let placeholder =
                Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index: AtomicNodeIndex::NONE, range });
            let body = std::mem::replace(&mut *lambda.body, placeholder);
            let values = vec![counter(range), body];
            *lambda.body = Expr::BoolOp(ast::ExprBoolOp { node_index, range, op: BoolOp::And, values });
        }
    }

    fn visit_comprehension(&self, comprehension: &mut ast::Comprehension) {
        transformer::walk_comprehension(self, comprehension);
        comprehension.ifs.insert(0, counter(comprehension.range));
    }
}

/// The counter's name; testing it for truth counts a step.
fn counter(range: TextRange) -> Expr {
    Expr::Name(ast::ExprName {
        node_index: AtomicNodeIndex::NONE,
        range,
        id: ast::name::Name::new_static(COUNTER),
        ctx: ExprContext::Load,
    })
}

fn count_statement(range: TextRange) -> Stmt {
    let test = Expr::UnaryOp(ast::ExprUnaryOp {
        node_index: AtomicNodeIndex::NONE,
        range,
        op: UnaryOp::Not,
        operand: Box::new(counter(range)),
    });
    Stmt::Expr(ast::StmtExpr { node_index: AtomicNodeIndex::NONE, range, value: Box::new(test) })
}

/// Whether the code visited calls or loops: without either a function ends by itself.
fn repeats(visit: impl FnOnce(&mut Search)) -> bool {
    let mut search = Search { found: false };
    visit(&mut search);
    search.found
}

struct Search {
    found: bool,
}

impl<'a> Visitor<'a> for Search {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.found |= matches!(stmt, Stmt::While(_) | Stmt::For(_) | Stmt::With(_));
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= matches!(expr, Expr::Call(_) | Expr::YieldFrom(_));
        visitor::walk_expr(self, expr);
    }
}
