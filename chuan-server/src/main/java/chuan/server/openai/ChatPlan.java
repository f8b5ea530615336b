package chuan.server.openai;

import chuan.engine.ChatMessage;
import chuan.engine.Constraint;
import chuan.engine.GenerateRequest;
import chuan.engine.tools.ToolTemplate;
import chuan.server.ApiException;
import chuan.server.ServedModel;
import java.util.ArrayList;
import java.util.List;

/// What a request of a chat comes to: the ids to generate from, and what may be generated.
///
/// @param beginning of the answer, which is a part of the prompt
record ChatPlan(ChatRequest request, ServedModel model, ChatPrompt prompt, String beginning) {

    /// @throws ApiException 400 if it is longer than the context
    static ChatPlan of(ChatRequest request, ServedModel model) {
        var engine = model.engine();
        var given = request.messages();
        String beginning = "";
        if (request.continueFinal()) {
            beginning = beginning(given.getLast());
            given = given.subList(0, given.size() - 1);
        }
        if (request.tools().choice().forced()) {
            if (request.prefix().length > 0)
                throw ApiException.badRequest(
                        ChatRequest.PREFIX,
                        ChatRequest.PREFIX
                                + ": an answer that must be a call cannot begin with ids");
            beginning =
                    (beginning.isEmpty() ? "" : beginning.stripTrailing() + "\n")
                            + ToolTemplate.BEGIN;
        }
        Integer wanted = request.decoding().maxTokens();
        var prompt =
                ChatPrompt.of(
                        engine,
                        ChatPrompt.ordered(messages(request, given)),
                        beginning,
                        request.prefix(),
                        request.makeRoom() ? engine.context() : 0,
                        wanted == null ? engine.settings().maxNewTokens() : wanted);
        if (prompt.ids().length > engine.context())
            throw Decoding.contextExceeded(engine.context(), prompt.ids().length, "messages");
        return new ChatPlan(request, model, prompt, beginning);
    }

    private static String beginning(Message last) {
        if (last.role() == Message.Role.ASSISTANT) return last.content();
        throw ApiException.badRequest(
                "continue_final_message",
                "continue_final_message: the last message must be the assistant's");
    }

    /// As the chat format has them. The form of the answer is told in front of the system text,
    /// tools behind it; results of tools that follow each other are one message.
    private static List<ChatMessage> messages(ChatRequest request, List<Message> given) {
        var words = new StringBuilder();
        for (var message : request.messages()) words.append(message.content());
        var template = ToolTemplate.forText(words.toString());
        var messages = new ArrayList<ChatMessage>();
        String form = request.format().instruction();
        if (!form.isEmpty()) messages.add(ChatMessage.system(form));
        int next = 0;
        for (; next < given.size() && given.get(next).role() == Message.Role.SYSTEM; next++)
            messages.add(given.get(next).toChat(template));
        if (request.tools().offered())
            messages.add(ChatMessage.system(request.tools().words(template)));
        boolean result = false;
        for (var message : given.subList(next, given.size())) {
            var chat = message.toChat(template);
            if (result && message.role() == Message.Role.TOOL)
                chat = ChatMessage.user(messages.removeLast().content() + "\n" + chat.content());
            messages.add(chat);
            result = message.role() == Message.Role.TOOL;
        }
        return messages;
    }

    /// A request for each answer.
    List<GenerateRequest> requests() {
        var engine = model.engine();
        var decoding = request.decoding();
        var base =
                new GenerateRequest(
                        prompt.ids(),
                        prompt.continuesText(),
                        decoding.maxTokensIn(engine.context(), prompt.ids().length),
                        List.of(),
                        engine.chatStops(engine.settings().chatTemplate()),
                        engine.settings().sampling(),
                        request.logprobs(),
                        constraint());
        var requests = new ArrayList<GenerateRequest>();
        for (int i = 0; i < decoding.n(); i++) requests.add(decoding.request(base, i));
        return requests;
    }

    private Constraint constraint() {
        var tools = request.tools();
        if (tools.choice().forced()) return tools.call(model.constraints());
        var format = request.format();
        var whole = format.compile(model.constraints());
        if (whole == Constraint.NONE && tools.offered())
            whole = model.constraints().tools(tools.tools(), tools.choice(), tools.parallel());
        else if (tools.offered())
            throw ApiException.badRequest(
                    format.field(),
                    format.field()
                            + ": cannot be kept by an answer that may also call tools; set tool_choice"
                            + " to none or required");
        return Resumed.behind(whole, prompt.beginning());
    }

    /// One for each answer.
    AnswerText text() {
        String prefix =
                request.prefix().length == 0
                        ? ""
                        : model.engine().tokenizer().decode(request.prefix());
        return new AnswerText(request.tools().parser(beginning + prefix));
    }

    /// One for each answer.
    List<AnswerText> texts() {
        var texts = new ArrayList<AnswerText>();
        for (int i = 0; i < request.decoding().n(); i++) texts.add(text());
        return texts;
    }
}
