package chuan.engine;

import chuan.engine.ChatMessage.Role;
import chuan.engine.constrain.Constraints;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolDelta;
import chuan.engine.tools.ToolUse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/// A conversation that the model is to answer, perhaps by calling tools.
public final class ChatCall extends Call<ChatCall, ChatReply> {
    /// No conversation is as long, so nothing is left out to make room.
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private final List<ChatMessage> messages;
    private final boolean whole;
    private final ToolUse tools;

    ChatCall(
            LanguageModel model,
            CallSettings settings,
            List<ChatMessage> messages,
            boolean whole,
            ToolUse tools) {
        super(model, settings);
        this.messages = List.copyOf(messages);
        this.whole = whole;
        this.tools = tools;
    }

    @Override
    ChatCall with(CallSettings changed) {
        return new ChatCall(model, changed, messages, whole, tools);
    }

    private ChatCall about(List<ChatMessage> changed) {
        return new ChatCall(model, settings, changed, whole, tools);
    }

    /// What the model is told to be; "" for nothing.
    public ChatCall system(String text) {
        var changed = new ArrayList<>(messages);
        if (!changed.isEmpty() && changed.getFirst().role() == Role.SYSTEM) changed.removeFirst();
        if (!text.isEmpty()) changed.addFirst(ChatMessage.system(text));
        return about(changed);
    }

    /// What was said before, oldest first.
    public ChatCall history(List<ChatMessage> earlier) {
        var all = new ArrayList<>(earlier);
        all.addAll(messages);
        return about(all);
    }

    /// Nothing may be left out: a conversation that does not fit is a
    /// [chuan.model.ContextTooLongException] then. Otherwise the oldest rounds go first, then the
    /// beginning of the question, and the reply says so.
    public ChatCall whole() {
        return new ChatCall(model, settings, messages, true, tools);
    }

    /// What the model may call; it decides whether and how often, unless [#toolChoice] says it.
    /// Tools that were given before are given up.
    ///
    /// @throws InvalidRequestException if two have the same name
    public ChatCall tools(Tool... offered) {
        return tools(Arrays.asList(offered));
    }

    public ChatCall tools(List<Tool> offered) {
        var choice = offered.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
        return tools(new ToolUse(offered, choice, tools.parallel()));
    }

    /// Whether the answer may, must or must not call one of [#tools(List)]. A call that is demanded
    /// follows the schema of its tool, whatever the model is like.
    ///
    /// @throws InvalidRequestException if there is no such tool
    public ChatCall toolChoice(ToolChoice value) {
        return tools(tools.withChoice(value));
    }

    /// Whether an answer may hold several calls, as it may at first.
    public ChatCall parallelToolCalls(boolean value) {
        return tools(tools.withParallel(value));
    }

    private ChatCall tools(ToolUse value) {
        return new ChatCall(model, settings, messages, whole, value);
    }

    /// The conversation that it asks about.
    public List<ChatMessage> messages() {
        return messages;
    }

    /// Asks the next question of the same conversation, in the same manner.
    ChatCall after(List<ChatMessage> conversation, String question) {
        var all = new ArrayList<>(conversation);
        all.add(ChatMessage.user(question));
        return about(all);
    }

    /// Goes on behind what tools returned. A demand for a call is met by then.
    ChatCall behind(List<ChatMessage> conversation) {
        var use = tools.forced() ? tools.withChoice(new ToolChoice.Auto()) : tools;
        return new ChatCall(model, settings, conversation, whole, use);
    }

    /// Runs it; what it is made of goes to `taker` as it comes, on this thread: what the model
    /// says, the name of each tool that it calls, and arguments piece by piece. An exception thrown
    /// there ends the run and comes out here.
    public ChatReply streamDeltas(Consumer<? super ToolDelta> taker) {
        return deltas(taker);
    }

    @Override
    Constraints grammars() {
        return model.constraints();
    }

    @Override
    Prepared<ChatReply> prepare() {
        var engine = model.engine();
        var template = engine.settings().chatTemplate();
        int[] begin = tools.forced() ? engine.tokenizer().encode(tools.begin()) : new int[0];
        var prompt =
                template.render(
                        tools.told(messages),
                        engine.tokenizer()::encode,
                        whole ? UNLIMITED : engine.context() - begin.length,
                        settings.maxTokens());
        var request =
                new GenerateRequest(
                        join(prompt.ids(), begin),
                        tools.forced(),
                        settings.maxTokens(),
                        settings.stop(),
                        engine.chatStops(template),
                        settings.sampling(),
                        settings.logprobs(),
                        constraint());
        var reader = tools.reader(tools.begin());
        return new Prepared<>(
                request, reader, result -> new ChatReply(this, prompt, result, reader));
    }

    private Constraint constraint() {
        if (!tools.offered()) return settings.constraint();
        return tools.forced()
                ? model.constraints().continuing().tools(tools, Constraint.NONE)
                : model.constraints().tools(tools, settings.constraint());
    }

    private static int[] join(int[] ids, int[] more) {
        int[] both = Arrays.copyOf(ids, Math.addExact(ids.length, more.length));
        System.arraycopy(more, 0, both, ids.length, more.length);
        return both;
    }
}
