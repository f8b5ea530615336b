package chuan.server.metrics;

import chuan.engine.SchedulerStatistics;
import chuan.server.Exchange;
import chuan.server.ServedModel;
import chuan.server.ServerState;
import chuan.server.ServerState.Phase;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What Prometheus asks for. Names, units and meanings are part of the interface: dashboards and
/// alerts are built on them (deploy/grafana, docs/operations.md). Any thread.
final class ServerMetrics implements AutoCloseable {
    private static final Duration[] FIRST_TOKEN = {
        millis(10),
        millis(25),
        millis(50),
        millis(100),
        millis(250),
        millis(500),
        millis(1_000),
        millis(2_500),
        millis(5_000),
        millis(10_000),
        millis(30_000),
        millis(60_000),
        millis(120_000)
    };
    private static final Duration[] PER_TOKEN = {
        millis(1),
        millis(2),
        millis(5),
        millis(10),
        millis(20),
        millis(50),
        millis(75),
        millis(100),
        millis(150),
        millis(200),
        millis(300),
        millis(500),
        millis(1_000),
        millis(2_000)
    };
    private static final Duration[] REQUEST = {
        millis(5),
        millis(10),
        millis(50),
        millis(100),
        millis(500),
        millis(1_000),
        millis(2_500),
        millis(5_000),
        millis(10_000),
        millis(30_000),
        millis(60_000),
        millis(300_000),
        millis(1_800_000)
    };

    private static final SchedulerStatistics NOTHING =
            new SchedulerStatistics(
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final ServerState state;
    private final Timer firstToken;
    private final Timer perToken;

    ServerMetrics(ServerState state) {
        this.state = state;
        firstToken =
                timer(
                        "chuan.first.token",
                        "From the arrival of a request to the first text of its answer.",
                        FIRST_TOKEN);
        perToken =
                timer(
                        "chuan.token",
                        "Between tokens of an answer, the mean of each answer.",
                        PER_TOKEN);
        serving();
        tokens();
        memory();
        gauge("chuan.http.requests.active", "Requests being answered.", _ -> inFlight.get());
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    private static Duration millis(long n) {
        return Duration.ofMillis(n);
    }

    private Timer timer(String name, String description, Duration[] buckets) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private void serving() {
        Gauge.builder("chuan.ready", state, s -> s.phase() instanceof Phase.Ready ? 1 : 0)
                .description("1 if requests are answered.")
                .register(registry);
        gauge("chuan.requests.queued", "Requests that wait.", SchedulerStatistics::queued);
        gauge("chuan.requests.running", "Requests in the batch.", SchedulerStatistics::running);
        gauge(
                "chuan.requests.paused",
                "Running requests whose reader is too slow.",
                SchedulerStatistics::paused);
        counter("chuan.requests.accepted", "", SchedulerStatistics::accepted);
        counter("chuan.requests.finished", "", SchedulerStatistics::finished);
        counter(
                "chuan.requests.cancelled",
                "Their clients left, or took too long.",
                SchedulerStatistics::cancelled);
        counter("chuan.requests.failed", "", SchedulerStatistics::failed);
        counter(
                "chuan.requests.refused",
                "Too many were waiting (429).",
                SchedulerStatistics::refused);
        counter(
                "chuan.requests.preempted",
                "Made room for others and went on later.",
                SchedulerStatistics::preemptions);
    }

    private void tokens() {
        counter(
                "chuan.tokens.prompt",
                "Of prompts, cached ones included.",
                SchedulerStatistics::promptTokens);
        counter(
                "chuan.tokens.cached",
                "Of prompts, and not computed again.",
                SchedulerStatistics::cachedTokens);
        counter("chuan.tokens.generated", "", SchedulerStatistics::generatedTokens);
        counter("chuan.tokens.embedded", "", SchedulerStatistics::embeddedTokens);
        counter(
                "chuan.tokens.drafted",
                "Guessed ahead (speculation).",
                SchedulerStatistics::draftedTokens);
        counter(
                "chuan.tokens.accepted",
                "Guessed ahead, and right.",
                SchedulerStatistics::acceptedTokens);
        counter("chuan.steps", "Calls of the back end.", SchedulerStatistics::steps);
        counter(
                "chuan.steps.seconds",
                "Time in the back end; its rate is how busy it is, 0 to 1.",
                SchedulerStatistics::stepSeconds);
    }

    private void memory() {
        gauge(
                "chuan.kv.used.bytes",
                "Keys and values of running and remembered requests.",
                SchedulerStatistics::kvUsedBytes);
        gauge("chuan.kv.limit.bytes", "What they may use.", SchedulerStatistics::kvBytes);
        gauge(
                "chuan.cache.sequences",
                "Finished requests that are remembered.",
                SchedulerStatistics::remembered);
    }

    private void gauge(
            String name, String description, ToDoubleFunction<SchedulerStatistics> value) {
        Gauge.builder(name, this, m -> value.applyAsDouble(m.statistics()))
                .description(description)
                .register(registry);
    }

    private void counter(
            String name, String description, ToDoubleFunction<SchedulerStatistics> value) {
        FunctionCounter.builder(name, this, m -> value.applyAsDouble(m.statistics()))
                .description(description)
                .register(registry);
    }

    private SchedulerStatistics statistics() {
        var model = model();
        return model == null ? NOTHING : model.scheduler().statistics();
    }

    private @Nullable ServedModel model() {
        return switch (state.phase()) {
            case Phase.Ready(ServedModel model) -> model;
            case Phase.Draining(ServedModel model) -> model;
            case Phase.Loading _, Phase.Failed _ -> null;
        };
    }

    void begun() {
        inFlight.incrementAndGet();
    }

    /// A request is answered.
    ///
    /// @param endpoint one of few names
    void ended(Exchange exchange, String endpoint, String method, int status, long nanos) {
        inFlight.decrementAndGet();
        Timer.builder("chuan.http.requests")
                .description("Requests, from the first byte to the last of the answer.")
                .serviceLevelObjectives(REQUEST)
                .tag("endpoint", endpoint)
                .tag("method", method)
                .tag("status", Integer.toString(status))
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
        long first = exchange.firstTokenDelay();
        if (first < 0) return;
        firstToken.record(first, TimeUnit.NANOSECONDS);
        int further = exchange.completionTokens() - 1;
        if (further > 0) perToken.record((nanos - first) / further, TimeUnit.NANOSECONDS);
    }

    /// In Prometheus' text format.
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
