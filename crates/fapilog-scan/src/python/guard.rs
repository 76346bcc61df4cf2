//! What the condition of an `if` says about the code under it.

use ruff_python_ast::Expr;

/// Whether code under this condition does not run at import: `if __name__ == "__main__"`,
/// `if TYPE_CHECKING`, also with another condition beside it.
pub(super) fn is_never_at_import(test: &Expr) -> bool {
    match test {
        Expr::Compare(comparison) => {
            matches!(&*comparison.left, Expr::Name(name) if name.id.as_str() == "__name__")
        }
        Expr::BoolOp(operation) => {
            operation.op == ruff_python_ast::BoolOp::And
                && operation.values.iter().any(is_never_at_import)
        }
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

/// Whether a condition asks if certificates shall be verified: `if not verify`,
/// `if cert_reqs == CERT_NONE`.
pub(super) fn asks_for_verification(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => speaks_of_verification(name.id.as_str()),
        Expr::Attribute(attribute) => {
            speaks_of_verification(attribute.attr.as_str())
                || asks_for_verification(&attribute.value)
        }
        Expr::UnaryOp(operation) => asks_for_verification(&operation.operand),
        Expr::BoolOp(operation) => operation.values.iter().any(asks_for_verification),
        Expr::Compare(comparison) => {
            asks_for_verification(&comparison.left)
                || comparison.comparators.iter().any(asks_for_verification)
        }
        _ => false,
    }
}

fn speaks_of_verification(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [
        "verify",
        "verif",
        "insecure",
        "cert_reqs",
        "cert_none",
        "check_hostname",
    ]
    .iter()
    .any(|part| word.contains(part))
}
