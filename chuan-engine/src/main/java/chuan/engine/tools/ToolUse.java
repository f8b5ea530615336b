package chuan.engine.tools;

import chuan.engine.ChatMessage;
import chuan.engine.ChatMessage.Role;
import chuan.engine.InvalidRequestException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The tools of a request, and whether they are to be called.
///
/// @param parallel an answer may hold several calls; if not, it holds one at most
public record ToolUse(List<Tool> tools, ToolChoice choice, boolean parallel) {
    /// Calls that an answer may hold.
    public static final int MOST_CALLS = 32;

    /// No tools.
    public static final ToolUse NONE = new ToolUse(List.of(), new ToolChoice.None(), true);

    /// @throws InvalidRequestException if two tools have the same name, or what is to be called is
    ///   not there; it names the field as OpenAI's API does
    public ToolUse {
        tools = List.copyOf(tools);
        var names = new HashSet<String>();
        for (int i = 0; i < tools.size(); i++)
            if (!names.add(tools.get(i).name()))
                throw new InvalidRequestException(
                        "tools[" + i + "].function.name",
                        "'" + tools.get(i).name() + "' is there twice: rename one of them");
        if (choice.forced() && tools.isEmpty())
            throw new InvalidRequestException("tool_choice", "there are no tools to choose from");
        if (choice instanceof ToolChoice.Named(String name) && !names.contains(name))
            throw new InvalidRequestException(
                    "tool_choice.function.name", "'" + name + "' is none of the tools");
    }

    public ToolUse withChoice(ToolChoice value) {
        return new ToolUse(tools, value, parallel);
    }

    public ToolUse withParallel(boolean value) {
        return new ToolUse(tools, choice, value);
    }

    /// Whether the model knows of them.
    public boolean offered() {
        return !tools.isEmpty() && !(choice instanceof ToolChoice.None);
    }

    /// Whether the answer is calls and nothing else.
    public boolean forced() {
        return choice.forced();
    }

    /// Whether an answer may hold several calls. One that is asked for by its name comes once.
    public boolean several() {
        return parallel && !(choice instanceof ToolChoice.Named);
    }

    /// Tools that may be called.
    public Set<String> callable() {
        return switch (choice) {
            case ToolChoice.None _ -> Set.of();
            case ToolChoice.Named(String name) -> Set.of(name);
            case ToolChoice.Auto _, ToolChoice.Required _ ->
                    tools.stream().map(Tool::name).collect(Collectors.toUnmodifiableSet());
        };
    }

    /// The conversation as the model is to see it: the system text tells of the tools.
    public List<ChatMessage> told(List<ChatMessage> messages) {
        if (!offered()) return messages;
        String words = ToolTemplate.of(messages).tools(this);
        var told = new ArrayList<>(messages);
        boolean system = !told.isEmpty() && told.getFirst().role() == Role.SYSTEM;
        String before = system ? told.removeFirst().content() : "";
        told.addFirst(ChatMessage.system(before.isEmpty() ? words : before + "\n" + words));
        return told;
    }

    /// What an answer must begin with, as a part of its prompt: the marker of a call where one is
    /// demanded, else nothing.
    public String begin() {
        return forced() ? ToolTemplate.BEGIN : "";
    }

    /// Who reads an answer; one reader for each.
    ///
    /// @param beginning of the answer, which is known already, with [#begin] at its end
    public AnswerReader reader(String beginning) {
        return offered()
                ? new AnswerReader(
                        new ToolCallParser(callable(), several() ? MOST_CALLS : 1), beginning)
                : AnswerReader.ofText();
    }
}
