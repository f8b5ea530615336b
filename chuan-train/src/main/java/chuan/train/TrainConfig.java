package chuan.train;

import chuan.files.GenerationConfig;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.nio.file.Path;
import java.util.List;

/// Everything that decides a run, read from YAML by [ConfigFile]; every key that a file leaves out
/// has its value from `pretrain.yaml` or `sft.yaml` beside this class. The resolved configuration
/// is saved with the run.
///
/// Relative paths mean: from the current folder.
///
/// @param output folder of the run: checkpoints, metrics, curve, the final `model` folder
/// @param tokenizer file that is copied into every model folder as `tokenizer.model`; "" for none
/// @param base model folder that training starts from; "" starts from random weights
/// @param marks token ids that open a turn of the user and of the assistant
/// @param chatFormat of fine-tuning: 2, the official recipe, has the end token behind the last
///   answer only; 1 has it behind every answer. Chat reads it from `generation_config.json`
/// @param join of fine-tuning: one to so many dialogues, drawn anew in every epoch, are learned as
///   one conversation; 1 leaves each alone
/// @param model shape of a new model; ignored where `base` is given
/// @param seed of the initial weights and of the order of the data
/// @param steps optimizer steps in all, where `epochs` is 0
/// @param epochs passes over the data; 0 means that `steps` decides
/// @param threads of one operation; 0 means one per processor
/// @param device what computes: `cpu` for Chuan's own kernels, or `libtorch`. Checkpoints are the
///   same, so a run may change
/// @param precision of matrix products: `fp32`, `bf16` (operands are rounded, sums are fp32), or
///   `auto`: bf16 where the processor has instructions for it. All else is fp32
/// @param recompute whether device `cpu` keeps of each layer what it begins with only, and runs it
///   again for its derivative: the same bits in less memory, but slower
public record TrainConfig(
        String output,
        String tokenizer,
        String base,
        Marks marks,
        int chatFormat,
        int join,
        Model model,
        Data data,
        long seed,
        int steps,
        double epochs,
        Batch batch,
        Optimizer optimizer,
        Schedule schedule,
        String device,
        String precision,
        boolean recompute,
        int threads,
        Evaluation evaluation,
        Checkpoints checkpoints) {

    public TrainConfig {
        require(!output.isBlank(), "output", "must name a folder");
        require(steps >= 1, "steps", "must be at least 1, not " + steps);
        require(epochs >= 0, "epochs", "must not be negative: " + epochs);
        require(chatFormat == 1 || chatFormat == 2, "chatFormat", "must be 1 or 2: " + chatFormat);
        require(join >= 1, "join", "must be at least 1: " + join);
        require(threads >= 0, "threads", "must not be negative: " + threads);
        require(
                List.of("cpu", "libtorch").contains(device),
                "device",
                "must be cpu or libtorch, not " + device);
        require(
                List.of("auto", "fp32", "bf16").contains(precision),
                "precision",
                "must be auto, fp32 or bf16, not " + precision);
    }

    /// The same run on another device; "" leaves it as it is.
    TrainConfig onDevice(String other) {
        if (other.isEmpty()) return this;
        return new TrainConfig(
                output,
                tokenizer,
                base,
                marks,
                chatFormat,
                join,
                model,
                data,
                seed,
                steps,
                epochs,
                batch,
                optimizer,
                schedule,
                other,
                precision,
                recompute,
                threads,
                evaluation,
                checkpoints);
    }

    /// Written into `generation_config.json`, where chat finds them.
    public record Marks(int user, int assistant) {}

    /// The official sampling settings with this run's marks.
    GenerationConfig generation() {
        var official = GenerationConfig.baichuanChat();
        return new GenerationConfig(
                official.padTokenId(),
                official.bosTokenId(),
                official.eosTokenIds(),
                marks.user(),
                marks.assistant(),
                Math.min(official.maxNewTokens(), Math.max(1, model.maxContext() / 2)),
                official.temperature(),
                official.topK(),
                official.topP(),
                official.repetitionPenalty(),
                official.doSample());
    }

    /// The shape of a new model; `position` is `alibi` or `rope`.
    ///
    /// @param initialDeviation of the random weights; projections back into the residual stream get
    ///   this over the root of twice the number of layers
    public record Model(
            int vocab,
            int hidden,
            int ff,
            int layers,
            int heads,
            int kvHeads,
            int maxContext,
            String position,
            boolean tiedEmbeddings,
            double initialDeviation) {
        public Model {
            require(
                    List.of("alibi", "rope").contains(position),
                    "model.position",
                    "must be alibi or rope, not " + position);
        }

        ModelConfig toModelConfig() {
            require(
                    heads > 0 && hidden % heads == 0,
                    "model.hidden",
                    hidden + " is not a multiple of heads " + heads);
            try {
                return new ModelConfig(
                        vocab,
                        hidden,
                        ff,
                        layers,
                        heads,
                        kvHeads == 0 ? heads : kvHeads,
                        hidden / heads,
                        maxContext,
                        1e-6f,
                        position.equals("alibi") ? new Position.Alibi() : new Position.Rope(10_000),
                        false,
                        tiedEmbeddings,
                        0);
            } catch (IllegalArgumentException e) {
                throw new TrainingException("model: " + e.getMessage(), e);
            }
        }
    }

    /// @param train what is learned from, with the weight of each file in the mixture
    /// @param heldOut what is only measured
    public record Data(List<Source> train, List<HeldOut> heldOut) {
        public Data {
            require(!train.isEmpty(), "data.train", "lists no file");
            train = List.copyOf(train);
            heldOut = List.copyOf(heldOut);
        }
    }

    /// @param weight share of the samples drawn from this file, relative to the others'
    public record Source(String file, double weight) {
        public Source {
            require(weight > 0, "data.train.weight", "must be positive: " + weight);
        }

        Path path() {
            return Path.of(file);
        }
    }

    /// @param name under which the result is reported, such as a language
    public record HeldOut(String name, String file) {
        Path path() {
            return Path.of(file);
        }
    }

    /// One step learns from `sequences * accumulation` sequences of `tokens`; memory holds
    /// `sequences` at a time.
    public record Batch(int sequences, int tokens, int accumulation) {
        public Batch {
            require(sequences >= 1, "batch.sequences", "must be at least 1: " + sequences);
            require(tokens >= 2, "batch.tokens", "must be at least 2: " + tokens);
            require(accumulation >= 1, "batch.accumulation", "must be at least 1: " + accumulation);
        }

        long tokensPerStep() {
            return (long) sequences * tokens * accumulation;
        }
    }

    /// What gradients do to weights.
    ///
    /// @param kind `adamw`, or `muon` for the matrices of the layers and AdamW for all else
    /// @param clip bounds the norm of all gradients together
    public record Optimizer(
            String kind,
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            double clip,
            Muon muon) {
        public Optimizer {
            require(
                    List.of("adamw", "muon").contains(kind),
                    "optimizer.kind",
                    "must be adamw or muon, not " + kind);
            require(
                    learningRate > 0,
                    "optimizer.learningRate",
                    "must be positive: " + learningRate);
            require(isShare(beta1), "optimizer.beta1", "must be in [0, 1): " + beta1);
            require(isShare(beta2), "optimizer.beta2", "must be in [0, 1): " + beta2);
            require(epsilon > 0, "optimizer.epsilon", "must be positive: " + epsilon);
            require(
                    weightDecay >= 0,
                    "optimizer.weightDecay",
                    "must not be negative: " + weightDecay);
            require(clip > 0, "optimizer.clip", "must be positive: " + clip);
        }

        static Optimizer adamW(
                double learningRate,
                double beta1,
                double beta2,
                double epsilon,
                double weightDecay,
                double clip) {
            return new Optimizer(
                    "adamw",
                    learningRate,
                    beta1,
                    beta2,
                    epsilon,
                    weightDecay,
                    clip,
                    new Muon(0.95, 5, 1));
        }

        boolean isMuon() {
            return kind.equals("muon");
        }
    }

    /// See [chuan.autograd.Muon]; ignored by `kind: adamw`.
    ///
    /// @param momentum share of the old momentum that stays
    /// @param iterations that make a matrix orthogonal
    /// @param rate learning rate of these matrices over `learningRate`
    public record Muon(double momentum, int iterations, double rate) {
        public Muon {
            require(isShare(momentum), "optimizer.muon.momentum", "must be in [0, 1): " + momentum);
            require(
                    iterations >= 1 && iterations <= 20,
                    "optimizer.muon.iterations",
                    "must be 1 to 20, not " + iterations);
            require(rate > 0, "optimizer.muon.rate", "must be positive: " + rate);
        }
    }

    private static boolean isShare(double value) {
        return value >= 0 && value < 1;
    }

    /// See [LrSchedule].
    public record Schedule(String kind, int warmupSteps, int decaySteps, double finalFraction) {}

    /// @param everySteps 0 for never
    /// @param tokens measured of each held-out file, 0 for all of it
    public record Evaluation(int everySteps, long tokens) {}

    /// @param keep how many of the newest checkpoints stay
    public record Checkpoints(int everySteps, int keep) {
        public Checkpoints {
            require(everySteps >= 1, "checkpoints.everySteps", "must be at least 1: " + everySteps);
            require(keep >= 1, "checkpoints.keep", "must be at least 1: " + keep);
        }
    }

    private static void require(boolean holds, String key, String problem) {
        if (!holds) {
            throw new TrainingException(key + " " + problem);
        }
    }
}
