"""Reads tables out of documents as authors and publishers write them:
HTML, JATS, Word, Excel, Markdown, text, PDF.
"""
