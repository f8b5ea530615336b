package chuan.server.openai;

import chuan.engine.ChatMessage;
import chuan.engine.Constraint;
import chuan.engine.GenerateRequest;
import chuan.engine.tools.AnswerReader;
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
        if (request.tools().forced()) {
            if (request.prefix().length > 0)
                throw ApiException.badRequest(
                        ChatRequest.PREFIX,
                        ChatRequest.PREFIX
                                + ": an answer that must be a call cannot begin with ids");
            beginning =
                    (beginning.isEmpty() ? "" : beginning.stripTrailing() + "\n")
                            + request.tools().begin();
        }
        Integer wanted = request.decoding().maxTokens();
        var prompt =
                ChatPrompt.of(
                        engine,
                        messages(request, given),
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
    /// tools behind it.
    private static List<ChatMessage> messages(ChatRequest request, List<Message> given) {
        var messages = ChatPrompt.ordered(given.stream().map(Message::toChat).toList());
        var told = request.tools().told(messages);
        String form =
                request.tools().forced()
                        ? ""
                        : request.format().instruction(ToolTemplate.of(messages));
        if (form.isEmpty()) return told;
        var all = new ArrayList<ChatMessage>();
        all.add(ChatMessage.system(form));
        all.addAll(told);
        return ChatPrompt.ordered(all);
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
        var constraints = model.constraints();
        var tools = request.tools();
        if (tools.forced()) return constraints.continuing().tools(tools, Constraint.NONE);
        var form = request.format().compile(constraints);
        return Resumed.behind(constraints.tools(tools, form), prompt.beginning());
    }

    /// Who reads an answer.
    AnswerReader reader() {
        String prefix =
                request.prefix().length == 0
                        ? ""
                        : model.engine().tokenizer().decode(request.prefix());
        return request.tools().reader(beginning + prefix);
    }

    /// One for each answer.
    List<AnswerReader> readers() {
        var readers = new ArrayList<AnswerReader>();
        for (int i = 0; i < request.decoding().n(); i++) readers.add(reader());
        return readers;
    }
}
