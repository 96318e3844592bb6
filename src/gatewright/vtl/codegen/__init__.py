"""Syntax tree to Python code.

A template becomes one Python function. Where nothing but that function can see its variables, they are its
locals (`LocalVariables`). Macros, blocks, #evaluate and strings with directives in them become functions of
their own, which share a `Context` (`SharedVariables`).
"""
