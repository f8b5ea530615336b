package chuan.server.openai;

import chuan.engine.tools.ToolCallParser;
import chuan.engine.tools.ToolDelta;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tells what of an answer's text is content and what are calls of tools. One for each answer.
public final class AnswerText {
    private final @Nullable ToolCallParser parser;

    /// @param parser null if all is content
    AnswerText(@Nullable ToolCallParser parser) {
        this.parser = parser;
    }

    /// What more text turned out to be.
    public List<ToolDelta> accept(String text) {
        if (parser != null) return parser.accept(text);
        return text.isEmpty() ? List.of() : List.of(new ToolDelta.Content(text));
    }

    /// What was held back, after the last text.
    public List<ToolDelta> finish() {
        return parser == null ? List.of() : parser.finish();
    }

    /// Whether it holds a call.
    public boolean called() {
        return parser != null && parser.calls() > 0;
    }
}
