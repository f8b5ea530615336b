package example;

import chuan.engine.Chuan;
import chuan.engine.LanguageModel;
import chuan.springai.ChuanChatModel;
import java.nio.file.Path;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Asks a model some questions, each knowing of those before: `Talk MODEL QUESTION...`.
public final class Talk {
    private Talk() {}

    /// The beans. In a Spring Boot application they are the same, and `chuan.model` is a line of
    /// `application.properties`.
    @Configuration
    static class Beans {
        @Bean
        LanguageModel model(@Value("${chuan.model}") Path path) {
            return Chuan.open(path);
        }

        @Bean
        ChatModel chatModel(LanguageModel model) {
            return new ChuanChatModel(
                    model, ChatOptions.builder().maxTokens(100).build(), call -> call.seed(42));
        }

        @Bean
        ChatClient chatClient(ChatModel model) {
            var memory =
                    MessageChatMemoryAdvisor.builder(MessageWindowChatMemory.builder().build());
            return ChatClient.builder(model).defaultAdvisors(memory.build()).build();
        }
    }

    public static void main(String[] args) {
        System.setProperty("chuan.model", args[0]);
        try (var context = new AnnotationConfigApplicationContext(Beans.class)) {
            var client = context.getBean(ChatClient.class);
            for (int i = 1; i < args.length; i++) {
                System.out.println("> " + args[i]);
                client
                        .prompt()
                        .user(args[i])
                        .advisors(advisor -> advisor.param(ChatMemory.CONVERSATION_ID, "talk"))
                        .stream()
                        .content()
                        .doOnNext(System.out::print)
                        .blockLast();
                System.out.println();
            }
        }
    }
}
