"""The type of an expression before it is evaluated."""

from __future__ import annotations

import promql_parser as ast


def static_type(node: ast.Expr) -> str:
    """What kind of value an expression gives, in the server's words."""
    match node:
        case ast.ParenExpr() | ast.UnaryExpr():
            return static_type(node.expr)
        case ast.NumberLiteral():
            return "scalar"
        case ast.StringLiteral():
            return "string"
        case ast.MatrixSelector() | ast.SubqueryExpr():
            return "range vector"
        case ast.Call():
            return "scalar" if str(node.func.return_type) == "ValueType.Scalar" else "instant vector"
        case ast.BinaryExpr():
            both = {static_type(node.lhs), static_type(node.rhs)}
            return "scalar" if both == {"scalar"} else "instant vector"
    return "instant vector"
