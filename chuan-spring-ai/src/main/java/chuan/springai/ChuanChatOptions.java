package chuan.springai;

import chuan.engine.tools.ToolChoice;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/// Options of a [ChuanChatModel]: Spring AI's own, tools and a schema of the answer among them, and
/// how tools are to be called. Null is what the model's default options say.
public final class ChuanChatOptions extends DefaultToolCallingChatOptions
        implements StructuredOutputChatOptions {
    private final @Nullable String outputSchema;
    private final @Nullable ToolChoice toolChoice;
    private final @Nullable Boolean parallelToolCalls;

    /// @param plain the options that are Spring AI's own
    private ChuanChatOptions(ToolCallingChatOptions plain, Builder b) {
        super(
                plain.getToolCallbacks(),
                plain.getToolContext(),
                plain.getModel(),
                plain.getFrequencyPenalty(),
                plain.getMaxTokens(),
                plain.getPresencePenalty(),
                plain.getStopSequences(),
                plain.getTemperature(),
                plain.getTopK(),
                plain.getTopP());
        outputSchema = b.outputSchema;
        toolChoice = b.toolChoice;
        parallelToolCalls = b.parallelToolCalls;
    }

    /// Any options as these.
    static ChuanChatOptions of(ChatOptions options) {
        if (options instanceof ChuanChatOptions own) return own;
        var builder = builder().combineWith(options.mutate());
        if (options instanceof StructuredOutputChatOptions structured)
            builder.outputSchema(structured.getOutputSchema());
        return builder.build();
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public @Nullable String getOutputSchema() {
        return outputSchema;
    }

    /// Whether tools may, must or must not be called. A call is demanded of the answer to the user
    /// only: Spring AI asks with the same options until no tool is called any more, so behind the
    /// results the model decides.
    public @Nullable ToolChoice getToolChoice() {
        return toolChoice;
    }

    /// Whether an answer may hold several calls.
    public @Nullable Boolean getParallelToolCalls() {
        return parallelToolCalls;
    }

    @Override
    public Builder mutate() {
        return builder()
                .model(getModel())
                .frequencyPenalty(getFrequencyPenalty())
                .maxTokens(getMaxTokens())
                .presencePenalty(getPresencePenalty())
                .stopSequences(getStopSequences())
                .temperature(getTemperature())
                .topK(getTopK())
                .topP(getTopP())
                .toolCallbacks(getToolCallbacks())
                .toolContext(getToolContext())
                .outputSchema(outputSchema)
                .toolChoice(toolChoice)
                .parallelToolCalls(parallelToolCalls);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof ChuanChatOptions that
                && Objects.equals(outputSchema, that.outputSchema)
                && Objects.equals(toolChoice, that.toolChoice)
                && Objects.equals(parallelToolCalls, that.parallelToolCalls);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), outputSchema, toolChoice, parallelToolCalls);
    }

    /// Makes options.
    public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
            implements StructuredOutputChatOptions.Builder<Builder> {
        private @Nullable String outputSchema;
        private @Nullable ToolChoice toolChoice;
        private @Nullable Boolean parallelToolCalls;

        private Builder() {}

        @Override
        public Builder outputSchema(@Nullable String value) {
            outputSchema = value;
            return this;
        }

        public Builder toolChoice(@Nullable ToolChoice value) {
            toolChoice = value;
            return this;
        }

        public Builder parallelToolCalls(@Nullable Boolean value) {
            parallelToolCalls = value;
            return this;
        }

        @Override
        public Builder combineWith(ChatOptions.Builder<?> other) {
            super.combineWith(other);
            if (other instanceof Builder that) {
                if (that.outputSchema != null) outputSchema = that.outputSchema;
                if (that.toolChoice != null) toolChoice = that.toolChoice;
                if (that.parallelToolCalls != null) parallelToolCalls = that.parallelToolCalls;
            }
            return this;
        }

        @Override
        public ChuanChatOptions build() {
            return new ChuanChatOptions(super.build(), this);
        }
    }
}
