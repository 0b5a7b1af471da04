"""What a file says at its top, by the answer that the passes before the proofs ask for as well."""

from profilec.answers import Answers
from profilec.syntax.outline import Outline, outline
from profilec.syntax.read import UnreadableSourceError, decode
from profilec.tree import EmittedFile, SourceFile


def outline_of(file: SourceFile | EmittedFile, answers: Answers) -> Outline:
    """The outline of a file; an incomplete one where its bytes are no text, as copied ones may be."""
    try:
        text = decode(SourceFile(file.path, file.data), file.path)
    except UnreadableSourceError:
        return Outline(is_complete=False)
    (found,) = answers.ask(outline, None, [text], Outline)
    return found
