"""Texts that DataFrames print about themselves."""


def tree_string(schema, level=None):
    """What `printSchema` prints."""
    lines = ["root"]
    deepest = level if level is not None and level > 0 else None

    def line(depth, name, of, note):
        if deepest is not None and depth > deepest:
            return
        lines.append(" |%s-- %s: %s%s" % ("    |" * (depth - 1), name, _name(of), note))
        within(depth + 1, of)

    def within(depth, of):
        kind = of.typeName()
        if kind == "struct":
            for field in of:
                line(depth, field.name, field.dataType, _nulls("nullable", field.nullable))
        elif kind == "array":
            line(depth, "element", of.elementType, _nulls("containsNull", of.containsNull))
        elif kind == "map":
            line(depth, "key", of.keyType, "")
            line(depth, "value", of.valueType, _nulls("valueContainsNull", of.valueContainsNull))

    within(1, schema)
    return "\n".join(lines) + "\n"


def _nulls(what, allowed):
    return " (%s = %s)" % (what, "true" if allowed else "false")


def _name(of):
    text = of.simpleString()
    return text if text.startswith(("decimal", "char", "varchar")) or text.startswith("interval") else of.typeName()
