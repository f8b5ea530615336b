package chuan.eval.task;

import chuan.eval.Ask;
import chuan.eval.Examination.Measure;
import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.Judge;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Result;
import chuan.eval.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// A task as its file declares it, with its set read. Immutable.
final class DeclaredTask implements Task {
    /// What a subject calls the points of each part of its questions.
    static final String POINTS = "points";

    private final TaskFile file;
    private final Protocol protocol;
    private final TaskSettings settings;
    private final ShotRule rule;
    private final Truncation truncation;
    private final QuestionSet set;
    private final LetterTokens letters;
    private final ExampleOrder order;

    DeclaredTask(TaskFile file, Protocol protocol, TaskSettings settings, QuestionSet set) {
        this(file, protocol, settings, set, null);
    }

    /// @param order overrides that of the protocol; null for the protocol's own
    DeclaredTask(
            TaskFile file,
            Protocol protocol,
            TaskSettings settings,
            QuestionSet set,
            @org.jspecify.annotations.Nullable ExampleOrder order) {
        this.file = file;
        this.protocol = protocol;
        this.settings = settings;
        this.set = set;
        this.rule =
                protocol.shots()
                        .with(
                                settings.shots().orElse(protocol.shots().count()),
                                settings.seed().orElse(protocol.shots().seed()));
        this.truncation =
                protocol.truncation()
                        .within(Math.max(1, settings.context() - protocol.answerTokens()));
        this.letters = settings.letters().orElse(protocol.letters());
        this.order = order != null ? order : ExampleOrder.of(rule);
        checkExamples();
    }

    /// A figure of fewer examples than it says would be worth nothing.
    private void checkExamples() {
        for (String name : set.questions().keySet()) {
            int wanted = shots(file.subject(name));
            int there = pool(name).size();
            if (there < wanted)
                throw new TaskException(
                        "%s, %s: there are %d examples for protocol %s, which should show %d; give --shots %d"
                                .formatted(
                                        file.name(), name, there, protocol.name(), wanted, there));
        }
    }

    private int shots(TaskFile.Subject subject) {
        return rule.count(subject, settings.shots().isPresent());
    }

    private List<Item> pool(String subject) {
        return set.examples().getOrDefault(subject, List.of());
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public String title() {
        return file.title();
    }

    @Override
    public Grouping grouping() {
        var columns = new ArrayList<Grouping.Column>();
        for (var column : file.table()) {
            var here = column.subjects().stream().filter(set.questions()::containsKey).toList();
            if (!here.isEmpty()) columns.add(new Grouping.Column(column.name(), here));
        }
        return new Grouping(columns, protocol.average());
    }

    @Override
    public Map<String, String> titles() {
        var titles = new LinkedHashMap<String, String>();
        for (String subject : set.questions().keySet())
            titles.put(subject, file.subject(subject).title());
        return titles;
    }

    @Override
    public double chance() {
        return protocol.chance().orElse(file.chance());
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("task file", file.file() + ", version " + file.version());
        facts.put("protocol", protocol.name());
        facts.put("about", protocol.about());
        facts.put("split", set.split());
        facts.put("shots", rule.shots(settings.shots().isPresent()));
        facts.put("examples", rule.examples());
        var asks = new java.util.TreeSet<String>();
        for (String subject : set.questions().keySet())
            asks.add(asked(protocol.layout(file.subject(subject))));
        facts.put("asked", String.join("; ", asks));
        if (asks.stream().anyMatch(a -> a.startsWith("letters")))
            facts.put("letter tokens", Keys.name(letters));
        String form = protocol.chat() ? "messages" : "one text";
        facts.put("prompt", settings.chat() && !protocol.chat() ? "one message" : form);
        facts.put("trimmed", protocol.trim().isEmpty() ? "nothing" : trimmed());
        facts.put("cells", Keys.name(protocol.cells()));
        facts.put("truncation", truncation.describe());
        facts.put("average", Keys.name(protocol.average()));
        settings.limit().ifPresent(n -> facts.put("limit per subject", n));
        if (set.questions().size() < file.subjects().size())
            facts.put(
                    "subjects",
                    set.questions().size() + " of " + file.subjects().size() + " in the set");
        facts.put("scored", set.open());
        set.editions().forEach((split, edition) -> facts.put(split + " files", edition));
        facts.put("source", file.source().about());
        facts.put("licence of the set", file.source().licence());
        return facts;
    }

    private String trimmed() {
        return String.join(", ", new java.util.TreeSet<>(protocol.trim()));
    }

    private static String asked(Layout layout) {
        return switch (layout.ask()) {
            case LETTERS -> "letters: the most likely next token of the letters";
            case LIKELIHOOD ->
                    "likelihood of \"" + layout.continuation() + "\", " + Keys.name(layout.score());
            case WRITE ->
                    "a written answer of at most "
                            + layout.maxTokens()
                            + " tokens, read by "
                            + Keys.name(layout.judge().orElseThrow());
        };
    }

    @Override
    public List<Exercise> exercises(ToIntFunction<String> countTokens) {
        var exercises = new ArrayList<Exercise>();
        set.questions().forEach((name, items) -> add(exercises, name, items, countTokens));
        return exercises;
    }

    private void add(
            List<Exercise> exercises,
            String name,
            List<Item> items,
            ToIntFunction<String> countTokens) {
        var subject = file.subject(name);
        var prompter = new Prompter(protocol, subject, file.columns().choices());
        var pool = pool(name);
        var draws = order.start(subject, pool.size(), shots(subject));
        int limit = Math.min(items.size(), settings.limit().orElse(items.size()));
        for (var item : items.subList(0, limit)) {
            var shots = draws.next(item).stream().map(pool::get).toList();
            exercises.add(exercise(prompter, subject, shots, item, countTokens));
        }
    }

    /// Of a set whose subjects say what points their questions have, where answers are written.
    @Override
    public List<Measure> measures(List<Result> results) {
        var points = new LinkedHashMap<String, Double>();
        for (String name : set.questions().keySet()) {
            var subject = file.subject(name);
            String each = subject.more().get(POINTS);
            if (!set.open()
                    || each == null
                    || protocol.layout(subject).ask() != Layout.Asking.WRITE) return List.of();
            points.put(name, Double.parseDouble(each));
        }
        return new PointsRate(points).measures(grouping(), results);
    }

    private Exercise exercise(
            Prompter prompter,
            TaskFile.Subject subject,
            List<Item> shots,
            Item item,
            ToIntFunction<String> countTokens) {
        var kept = truncation.keep(shots, some -> prompter.parts(some, item), countTokens);
        var prompt = prompter.prompt(kept.shots(), item, kept.header(), settings.chat());
        var names = prompter.letters(item);
        var layout = prompter.layout();
        List<Ask> asks =
                switch (layout.ask()) {
                    case LETTERS -> List.of(new Ask.Letters(prompt, names, letters));
                    case LIKELIHOOD -> likelihoods(prompter, prompt, item);
                    case WRITE ->
                            List.of(
                                    new Ask.Writing(
                                            prompt, layout.stop(), layout.maxTokens(), 0, 0));
                };
        Judge judge =
                switch (layout.ask()) {
                    case LETTERS -> new LetterJudge(names, item.key());
                    case LIKELIHOOD ->
                            new LikelihoodJudge(
                                    layout.score(), prompter.scored(item), names, item.key());
                    case WRITE -> layout.judge().orElseThrow().judge(subject, item, names);
                };
        return new Exercise(
                file.name(),
                subject.name(),
                item.row(),
                asks,
                judge,
                item.options(),
                item.key(),
                kept.shots().size(),
                shots.size() - kept.shots().size());
    }

    private static List<Ask> likelihoods(Prompter prompter, Prompt prompt, Item item) {
        var texts = prompter.continuations(item);
        var ask = new Ask.Likelihood(prompt, texts);
        if (prompter.layout().score() != Layout.Score.PRIOR) return List.of(ask);
        return List.of(ask, new Ask.Likelihood(new Prompt.Text(prompter.prior(item)), texts));
    }
}
