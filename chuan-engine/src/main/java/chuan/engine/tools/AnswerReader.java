package chuan.engine.tools;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads an answer while it comes: tells what is content and what are calls of tools, and keeps
/// both. Belongs to one answer and one thread.
public final class AnswerReader {
    private final @Nullable ToolCallParser parser;
    private final StringBuilder content = new StringBuilder();
    private final List<String> names = new ArrayList<>();
    private final List<StringBuilder> arguments = new ArrayList<>();

    /// @param parser null if all is content
    /// @param beginning of the answer, which is not reported
    AnswerReader(@Nullable ToolCallParser parser, String beginning) {
        this.parser = parser;
        if (parser != null) parser.accept(beginning);
    }

    /// Of an answer that is nothing but content.
    public static AnswerReader ofText() {
        return new AnswerReader(null, "");
    }

    /// What more text turned out to be.
    public List<ToolDelta> accept(String text) {
        if (parser != null) return kept(parser.accept(text));
        return text.isEmpty() ? List.of() : kept(List.of(new ToolDelta.Content(text)));
    }

    /// What was held back, after the last text.
    public List<ToolDelta> finish() {
        return parser == null ? List.of() : kept(parser.finish());
    }

    private List<ToolDelta> kept(List<ToolDelta> deltas) {
        for (ToolDelta delta : deltas) {
            switch (delta) {
                case ToolDelta.Content(String text) -> content.append(text);
                case ToolDelta.Begin(_, String name) -> {
                    names.add(name);
                    arguments.add(new StringBuilder());
                }
                case ToolDelta.Arguments(int index, String json) ->
                        arguments.get(index).append(json);
            }
        }
        return deltas;
    }

    /// What the model said so far, without calls.
    public String content() {
        return content.toString();
    }

    /// Whether there has been a call.
    public boolean called() {
        return !names.isEmpty();
    }

    /// Calls so far. The last one may be a part only, for good if the answer was cut off.
    public List<ToolCall> calls() {
        var calls = new ArrayList<ToolCall>();
        for (int i = 0; i < names.size(); i++)
            calls.add(new ToolCall(names.get(i), arguments.get(i).toString()));
        return calls;
    }
}
