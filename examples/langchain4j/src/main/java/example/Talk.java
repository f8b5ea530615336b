package example;

import chuan.engine.Chuan;
import chuan.langchain4j.ChuanChatModel;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.service.AiServices;
import java.nio.file.Path;
import java.util.List;

/// Asks a model some questions, each knowing of those before: `Talk MODEL QUESTION...`.
public final class Talk {
    private Talk() {}

    /// What the program sees of the model: LangChain4j implements it.
    interface Assistant {
        String answer(String question);
    }

    public static void main(String[] args) {
        try (var model = Chuan.open(Path.of(args[0]))) {
            var defaults = ChatRequestParameters.builder().maxOutputTokens(100).build();
            var chatModel = new ChuanChatModel(model, defaults, List.of(), call -> call.seed(42));
            var assistant =
                    AiServices.builder(Assistant.class)
                            .chatModel(chatModel)
                            .chatMemory(MessageWindowChatMemory.withMaxMessages(20))
                            .build();
            for (int i = 1; i < args.length; i++) {
                System.out.println("> " + args[i]);
                System.out.println(assistant.answer(args[i]));
            }
        }
    }
}
