"""What templates are generated from."""

from __future__ import annotations

# fmt: off
SPACES = (
    "", "", "", "", " ", "\t", "\n", "  \n", " \r\n",
)
NAMES = (
    "v", "n", "s", "b", "f", "d", "big", "dec", "long", "z", "e", "l", "m", "x", "y", "i", "p", "q",
    "nope",
)
LOOPS = (
    "index", "count", "hasNext", "first", "last", "parent", "parent.count", "topmost.index", "hasNext()",
)
NUMBERS = (
    "0", "1", "-1", "2", "3", "-2", "7", "007", "100", "2147483647", "-2147483648", "2147483648",
    "-2147483649", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "12345678901234567890", "1.5", "0.0", "-0.0", ".5", "1e3", "-2.5E-3", "1.0e7", "0.001", "1e-4",
    "123456789.125", "1e308", "1e400", "5e-324",
)
SINGLE = (
    "", "a", "hello", "a,b,,c,", "$v", "#if", "it''s", "x y", "é", "😀", "\\", "\\n", "1", "1.50", "true",
    "A-b",
)
DOUBLE = (
    "", "a", "$v", "${n}x", "a$!nope", "say \"\"hi\"\"", "\\u0041", "$5", "a#", "#set($x=1)$x",
    "$m.b|$l[0]", "#if($b)T#{else}F#end", "$", "##", "a##b", "\\$v", "#foreach($i in $l)$i#end", "$x$y",
    "#m('q')", "#stop", "#break", "\n", "$p", "\\\\$v", "#[[x]]#", "#* c *#", "$foreach.count",
)
KEYS = (
    "\"a\"", "'b'", "\"c\"", "1", "$n", "$s", "true", "'x-y'", "\"$v\"", "1.0", "$nope", "[1]",
)
OPERATORS = (
    "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "and", "or", "eq", "ne", "lt",
    "gt", "le", "ge",
)
NOISE = (
    "#break($foreach)", "#break($foreach.parent)", "#break($foreach.topmost)", "#break($x)", "#stop($v)",
    "#set($x = $foreach)", "#set($m.f = $foreach)", "#break($m.f)",
    "$", "$!", "#", "{", "}", "(", ")", "[", "]", ".", "..", ",", ":", "\"", "'", "\\", "|", " ", "\n",
    "\r\n", "\t", "text", "$5.00", "$$", "#fff", "#123", "a@b", "\\#if", "\\#set", "\\#m", "\\#foo",
    "\\\\", "\\$v", "\\\\$v", "\\\\\\$v", "\\${v}", "\\$!v", "\\$nope", "\\$m.b", "\\$p", "\\$!{p}",
    "\\\\\\#if", "\\#end", "## c\n", "##\n", "#* c *#", "#** c *#", "#[[ $v #if ]]#", "#literal()$v#end",
    "#m", "#q", "#unknown", "#unknown($v)", "#else", "#end", "#{end}", "#{else}", "#return", "$\\!v",
    "$!$v", "$${v}", "${", "$v.", "$v.1", "$v._c", "$v-1", "$l [0]", "$bodyContent", "!$bodyContent",
    "#@q", "$evaluate", "$macro", "$define", "$template", "é", "😀", "#set", "#foreach", "$velocityCount",
    "$velocityHasNext", "#include('x')", "#parse('x')", "#break", "#stop", "#{break}", "#{stop}",
    "#break()", "#stop()", "$foreach", "$foreach.x", "=", "#set($foreach=1)", "#set($foreach.x=1)",
    "#set($velocityCount=9)",
)
EDGES = (
    "0", "1", "2", "-1", "9", "$z", "$n", "2147483648",
)
ENDS = (
    "1", "0", "-2", "3", "$n", "$z", "$nope", "$s",
)
LISTS = (
    "$l", "[1,3]", "[]", "$m.keySet()",
)
MAPS = (
    "$m", "{'k':1}", "{}",
)
TARGETS = (
    "$x", "$x", "$y", "$p", "$i", "${x}", "$!x", "$m.k", "$m.a", "$m['b']", "$m[\"$v\"]", "$l[0]",
    "$l[-1]", "$l[9]", "$m.c.d", "$nope.k", "$x.k", "$v", "$q", "$m.x-y", "$e", "$d", "$x[0]", "$p.k",
    "$foreach", "$foreach.x", "$velocityCount",
)
LOOPED = (
    "$l", "$m", "[1..3]", "$m.keySet()", "$m.entrySet()", "['a','b']", "$s.split('l')", "$x", "$p",
    "$m.values()", "$l.iterator()",
)
VARIABLES = (
    "$i", "$i", "$x", "$v", "${i}", "$p", "$l", "$!i",
)
DEFINED = (
    "$d", "$d", "$x", "${d}", "$q", "$!d",
)
PARAMETERS = (
    "", " $p", " $p", " $p $q", ", $p, $x", " ${p}", " $v",
)
IN_MACROS = (
    "$p", "$!p", "${p}", "\\$p", "#set($p = 7)$p", "#set($x = 'in')", "$p.length()", "$bodyContent",
    "#foreach($p in $p)$p#end", "$p[0]", "", "#m($x)", "#q($p)", "#define($p)$p#end$p", "\"$p\"",
    "#set($x=\"$p\")$x", "#evaluate($p)", "#set($p.k = 1)",
)
CALLED = (
    "#m({})", "#m({})", "#q({})", "#{{m}}({})", "#m ({})", "#w({})",
)
CALLS = {
    "string": (
        "length()", "isEmpty()", "equals({any})", "equalsIgnoreCase({string})", "compareTo({string})",
        "contains({string})", "startsWith({string})", "endsWith({string})", "indexOf({string})",
        "indexOf({string}, {int})", "lastIndexOf({string})", "substring({int})", "substring({int}, {int})",
        "charAt({int})", "concat({string})", "replace({string}, {string})", "replaceAll('[a-l]', '<$0>')",
        "replaceFirst('l+', {string})", "matches('h.*o')", "split(',')", "split('', {int})",
        "split(',').size()", "toUpperCase()", "toLowerCase()", "trim()", "toString()", "hashCode()",
        "valueOf({any})", "format('%s|%5d', {any}, {int})", "empty", "class.name", "class.simpleName",
        "nope()",
    ),
    "list": (
        "size()", "get({int})", "isEmpty()", "contains({any})", "indexOf({any})", "lastIndexOf({any})",
        "add({any})", "add({int}, {any})", "addAll({list})", "remove({int})", "remove({string})",
        "set({int}, {any})", "subList({int}, {int})", "containsAll({list})", "removeAll({list})",
        "retainAll({list})", "iterator().next()", "iterator().hasNext()", "clear()", "toString()",
        "hashCode()", "equals({any})", "empty", "class.name", "nope", "size", "toArray().size()",
    ),
    "map": (
        "get({key})", "put({key}, {any})", "putAll({map})", "remove({key})", "containsKey({key})",
        "containsValue({any})", "keySet()", "values()", "entrySet()", "size()", "isEmpty()",
        "getOrDefault({key}, {any})", "putIfAbsent({key}, {any})", "toString()", "equals({any})", "a", "b",
        "c.d", "class.name", "empty", "keySet().size()", "entrySet().iterator().next().key",
        "keySet().contains({key})", "values().contains({any})", "hashCode()", "c.d[0]", "c.nul",
        "keySet().remove({key})",
    ),
    "number": (
        "intValue()", "longValue()", "doubleValue()", "toString()", "compareTo({int})", "equals({any})",
        "parseInt({string})", "parseDouble({string})", "valueOf({string})", "hashCode()", "class.name",
        "max({int}, {int})", "toHexString({int})", "parseBoolean({string})", "booleanValue()", "isNaN()",
        "compareTo({any})", "shortValue()", "byteValue()",
    ),
}
# fmt: on
