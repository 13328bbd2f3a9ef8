"""Texts of PySpark's own errors, by their class."""

MESSAGES = {
    "ARGUMENT_REQUIRED": "Argument `<arg_name>` is required when <condition>.",
    "ATTRIBUTE_NOT_CALLABLE": "Attribute `<attr_name>` in provided object `<obj_name>` is not callable.",
    "CANNOT_ACCEPT_OBJECT_IN_TYPE": "`<data_type>` can not accept object `<obj_name>` in type `<obj_type>`.",
    "CANNOT_ACCESS_TO_DUNDER": "Dunder(double underscore) attribute is for internal use only.",
    "CANNOT_APPLY_IN_FOR_COLUMN": (
        "Cannot apply 'in' operator against a column: please use 'contains' in a string column or "
        "'array_contains' function for an array column."
    ),
    "CANNOT_BE_EMPTY": "At least one <item> must be specified.",
    "CANNOT_BE_NONE": "Argument `<arg_name>` can not be None.",
    "CANNOT_CONVERT_COLUMN_INTO_BOOL": (
        "Cannot convert column into bool: please use '&' for 'and', '|' for 'or', '~' for 'not' when building"
        " DataFrame boolean expressions."
    ),
    "CANNOT_CONVERT_TYPE": "Cannot convert <from_type> into <to_type>.",
    "CANNOT_DETERMINE_TYPE": "Some of types cannot be determined after inferring.",
    "CANNOT_INFER_EMPTY_SCHEMA": "Can not infer schema from empty dataset.",
    "CANNOT_INFER_SCHEMA_FOR_TYPE": "Can not infer schema for type: `<data_type>`.",
    "CANNOT_INFER_TYPE_FOR_FIELD": "Unable to infer the type of the field `<field_name>`.",
    "CANNOT_MERGE_TYPE": "Can not merge type `<data_type1>` and `<data_type2>`.",
    "CANNOT_PARSE_DATATYPE": "Unable to parse datatype. <msg>.",
    "CANNOT_SET_TOGETHER": "<arg_list> should not be set together.",
    "COLUMN_IN_LIST": "`<func_name>` does not allow a Column in a list.",
    "HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN": "Function `<func_name>` should return Column, got <return_type>.",
    "INVALID_TIMEOUT_TIMESTAMP": (
        "Timeout timestamp (<timestamp>) cannot be earlier than the current watermark (<watermark>)."
    ),
    "INVALID_TYPENAME_CALL": "StructField does not have typeName. Use typeName on its type explicitly instead.",
    "LENGTH_SHOULD_BE_THE_SAME": (
        "<arg1> and <arg2> should be of the same length, got <arg1_length> and <arg2_length>."
    ),
    "NOT_BOOL": "Argument `<arg_name>` should be a bool, got <arg_type>.",
    "NOT_BOOL_OR_DICT_OR_FLOAT_OR_INT_OR_STR": (
        "Argument `<arg_name>` should be a bool, dict, float, int or str, got <arg_type>."
    ),
    "NOT_BOOL_OR_FLOAT_OR_INT": "Argument `<arg_name>` should be a bool, float or str, got <arg_type>.",
    "NOT_BOOL_OR_LIST": "Argument `<arg_name>` should be a bool or list, got <arg_type>.",
    "NOT_BOOL_OR_STR": "Argument `<arg_name>` should be a bool or str, got <arg_type>.",
    "NOT_CALLABLE": "Argument `<arg_name>` should be a callable, got <arg_type>.",
    "NOT_COLUMN": "Argument `<arg_name>` should be a Column, got <arg_type>.",
    "NOT_COLUMN_OR_FLOAT_OR_INT_OR_LIST_OR_STR": (
        "Argument `<arg_name>` should be a column, float, integer, list or string, got <arg_type>."
    ),
    "NOT_COLUMN_OR_INT": "Argument `<arg_name>` should be a Column or int, got <arg_type>.",
    "NOT_COLUMN_OR_STR": "Argument `<arg_name>` should be a Column or str, got <arg_type>.",
    "NOT_DATATYPE_OR_STR": "Argument `<arg_name>` should be a DataType or str, got <arg_type>.",
    "NOT_DICT": "Argument `<arg_name>` should be a dict, got <arg_type>.",
    "NOT_IMPLEMENTED": "<feature> is not implemented.",
    "NOT_INT": "Argument `<arg_name>` should be an int, got <arg_type>.",
    "NOT_INT_OR_SLICE_OR_STR": "Argument `<arg_name>` should be an int, slice or str, got <arg_type>.",
    "NOT_ITERABLE": "<objectName> is not iterable.",
    "NOT_LIST_OF_COLUMN": "Argument `<arg_name>` should be a list[Column].",
    "NOT_LIST_OF_STR": "Argument `<arg_name>` should be a list[str], got <arg_type>.",
    "NOT_LIST_OR_NONE_OR_STRUCT": "Argument `<arg_name>` should be a list, None or StructType, got <arg_type>.",
    "NOT_LIST_OR_STR_OR_TUPLE": "Argument `<arg_name>` should be a list, str or tuple, got <arg_type>.",
    "NOT_LIST_OR_TUPLE": "Argument `<arg_name>` should be a list or tuple, got <arg_type>.",
    "NOT_OBSERVATION_OR_STR": "Argument `<arg_name>` should be a Observation or str, got <arg_type>.",
    "NOT_SAME_TYPE": (
        "Argument `<arg_name1>` and `<arg_name2>` should be the same type, got <arg_type1> and <arg_type2>."
    ),
    "NOT_STR": "Argument `<arg_name>` should be a str, got <arg_type>.",
    "NOT_STR_OR_STRUCT": "Argument `<arg_name>` should be a str or structType, got <arg_type>.",
    "NOT_WINDOWSPEC": "Argument `<arg_name>` should be a WindowSpec, got <arg_type>.",
    "NO_ACTIVE_OR_DEFAULT_SESSION": (
        "No active or default Spark session found. Please create a new Spark session before running the code."
    ),
    "ONLY_ALLOWED_FOR_SINGLE_COLUMN": "Argument `<arg_name>` can only be provided for a single column.",
    "ONLY_ALLOW_SINGLE_TRIGGER": "Only a single trigger is allowed.",
    "SHOULD_NOT_DATAFRAME": "Argument `<arg_name>` should not be a DataFrame.",
    "SLICE_WITH_STEP": "Slice with step is not supported.",
    "STATE_NOT_EXISTS": "State is either not defined or has already been removed.",
    "TOO_MANY_VALUES": "Expected <expected> values for `<item>`, got <actual>.",
    "UNEXPECTED_TUPLE_WITH_STRUCT": "Unexpected tuple <tuple> with StructType.",
    "UNSUPPORTED_DATA_TYPE": "Unsupported DataType `<data_type>`.",
    "UNSUPPORTED_PARAM_TYPE_FOR_HIGHER_ORDER_FUNCTION": (
        "Function `<func_name>` should use only POSITIONAL or POSITIONAL OR KEYWORD arguments."
    ),
    "VALUE_NOT_ANY_OR_ALL": "Value for `<arg_name>` must be 'any' or 'all', got '<arg_value>'.",
    "VALUE_NOT_NON_EMPTY_STR": "Value for `<arg_name>` must be a non empty string, got '<arg_value>'.",
    "VALUE_NOT_POSITIVE": "Value for `<arg_name>` must be positive, got '<arg_value>'.",
    "VALUE_NOT_TRUE": "Value for `<arg_name>` must be True, got '<arg_value>'.",
    "VALUE_OUT_OF_BOUND": (
        "Value for `<arg_name>` must be greater than <lower_bound> or less than <upper_bound>, got <actual>"
    ),
    "WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION": (
        "Function `<func_name>` should take between 1 and 3 arguments, but provided function takes "
        "<num_args>."
    ),
    "WRONG_NUM_COLUMNS": "Function `<func_name>` should take at least <num_cols> columns.",
}
