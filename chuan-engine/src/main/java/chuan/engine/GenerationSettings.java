package chuan.engine;

import chuan.files.GenerationConfig;
import chuan.model.ModelConfig;
import java.util.OptionalLong;
import java.util.Set;

/// How a model wants to be used: what an [Engine] does where a request does not say otherwise.
///
/// @param eosIds tokens that end a text
/// @param maxNewTokens of an answer
/// @param sampling how tokens are chosen
/// @param chatTuned the model names the ids of user and assistant: it was trained to answer. Others
///   can be talked to, but will rather continue than answer
/// @param chatTemplate how conversations are written down
public record GenerationSettings(
        Set<Integer> eosIds,
        int maxNewTokens,
        SamplingOptions sampling,
        boolean chatTuned,
        ChatTemplate chatTemplate) {

    public GenerationSettings {
        eosIds = Set.copyOf(eosIds);
        if (maxNewTokens < 1)
            throw new InvalidRequestException(
                    "max_new_tokens", "must be positive, not " + maxNewTokens);
    }

    /// What the files of a model folder say. A model without ids for user and assistant gets those
    /// of Baichuan-13B-Chat. Where the chat format is not said, a model with a normalised head
    /// speaks the second, as Baichuan2-Chat does, and others the first. `do_sample: false` means
    /// temperature 0.
    public static GenerationSettings of(GenerationConfig file, ModelConfig model) {
        boolean chatTuned = file.userTokenId() >= 0 && file.assistantTokenId() >= 0;
        var usual = ChatTemplate.baichuan();
        int endId = file.eosTokenIds().isEmpty() ? usual.endId() : file.eosTokenIds().getFirst();
        var template =
                new ChatTemplate(
                        format(file, model),
                        chatTuned ? file.userTokenId() : usual.userId(),
                        chatTuned ? file.assistantTokenId() : usual.assistantId(),
                        endId,
                        false);
        var sampling =
                new SamplingOptions(
                        file.doSample() ? asWritten(file.temperature()) : 0,
                        file.topK(),
                        asWritten(file.topP()),
                        0,
                        asWritten(file.repetitionPenalty()),
                        OptionalLong.empty());
        return new GenerationSettings(
                Set.copyOf(file.eosTokenIds()), file.maxNewTokens(), sampling, chatTuned, template);
    }

    private static ChatTemplate.Format format(GenerationConfig file, ModelConfig model) {
        boolean second =
                file.chatFormat() == 2 || (file.chatFormat() == 0 && model.normalizedHead());
        return second ? ChatTemplate.Format.V2 : ChatTemplate.Format.V1;
    }

    /// 0.85 for the float nearest to it: the library compares with the decimal of the file.
    private static double asWritten(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    public GenerationSettings withSampling(SamplingOptions value) {
        return new GenerationSettings(eosIds, maxNewTokens, value, chatTuned, chatTemplate);
    }

    public GenerationSettings withMaxNewTokens(int value) {
        return new GenerationSettings(eosIds, value, sampling, chatTuned, chatTemplate);
    }
}
