using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local.Dashboard;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AppHost.Tests.Dashboard.Browser;

/// <summary>What the dashboard has to show in a browser: an app model like ours, its consoles, and telemetry sent by OpenTelemetry's own exporter.</summary>
internal static class DemoStack
{
    public const string PairingId = "pairing-kxwpzqrt";
    public const string SecondPairingId = "pairing-mbvnwqes";

    public static void AddResources(DashboardSource source)
    {
        var started = DateTimeOffset.UtcNow.AddMinutes(-12);
        DashboardResource Server(string name, string type, string url, int processId) => new()
        {
            Id = $"{name}-hjklasdf",
            Name = name,
            Type = type,
            State = "Running",
            Health = "Healthy",
            ProcessId = processId,
            StartedAt = started,
            Source = $"/usr/bin/{name}-server --port 5432",
            Urls = [new DashboardUrl(url, Endpoint: "tcp")],
            ConnectionString = $"{name} secret-connection",
            Environment = [new("LANG", "C.UTF-8"), new("PASSWORD", "secret-variable", IsSecret: true)],
            HealthReports = [new($"{name}_check", "Healthy", "Answered in 2 ms", DateTimeOffset.UtcNow)],
            Commands = ["stop", "restart"],
        };

        DashboardResource Project(string id, string name, int processId, string url) => new()
        {
            Id = id,
            Name = name,
            Type = "Project",
            State = "Running",
            Health = "Healthy",
            ProcessId = processId,
            StartedAt = started.AddSeconds(6),
            Source = $"services/{name}/{name}.csproj",
            Urls = [new DashboardUrl(url, Endpoint: "http")],
            Environment =
            [
                new("ASPNETCORE_ENVIRONMENT", "Development"), new("ASPNETCORE_URLS", url),
                new("ConnectionStrings__pairing-db", "Host=localhost;Password=secret-variable", IsSecret: true),
                new("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:18890"), new("OTEL_SERVICE_NAME", name),
                new("Pairing__AdminKey", "secret-variable", IsSecret: true),
            ],
            HealthReports = [new($"{name}_http_/health_200_check", "Healthy", "200 OK in 3 ms", DateTimeOffset.UtcNow)],
            Relationships = [new("postgres", "WaitFor"), new("pairing-db", "Reference"), new("redis", "Reference"), new("rabbitmq", "Reference")],
            Commands = ["stop", "restart"],
        };

        source.Set(Server("postgres", "PostgresServer", "tcp://localhost:41873", 20110));
        source.Set(new DashboardResource { Id = "pairing-db", Name = "pairing-db", Type = "PostgresDatabase", State = "Running", Health = "Healthy", Parent = "postgres", ConnectionString = "Host=localhost;Database=pairing-db;Password=secret-connection" });
        source.Set(new DashboardResource { Id = "identity-auth-db", Name = "identity-auth-db", Type = "PostgresDatabase", State = "Running", Health = "Healthy", Parent = "postgres" });
        source.Set(Server("redis", "Redis", "tcp://localhost:38211", 20144));
        source.Set(Server("rabbitmq", "RabbitMQServer", "tcp://localhost:40021", 20201) with { Urls = [new("tcp://localhost:40021", Endpoint: "tcp"), new("http://localhost:40022", "Management", "management")] });
        source.Set(Project(PairingId, "pairing", 20391, "http://localhost:40531"));
        source.Set(Project(SecondPairingId, "pairing", 20402, "http://localhost:40532") with
        {
            Health = "Unhealthy",
            Restarts = 2,
            HealthReports = [new("pairing_http_/health_200_check", "Unhealthy", "503 Service Unavailable, expected 200", DateTimeOffset.UtcNow), new("redis", "Healthy", null, DateTimeOffset.UtcNow)],
        });
        source.Set(Project("identity-auth-wertzuio", "identity-auth", 20433, "http://localhost:40611") with { State = "Exited", Health = null, ProcessId = null, ExitCode = 139, Commands = ["start"] });
        source.Set(Project("device-registry-poiuztre", "device-registry", 0, "http://localhost:40633") with { State = "Waiting", Health = null, ProcessId = null, StartedAt = null, WaitingFor = "identity-auth", Commands = [] });
        source.Set(Project("gateway-lkjhgfds", "gateway", 20511, "http://localhost:8080") with { Urls = [new("http://localhost:8080", "Gateway", "http"), new("http://localhost:8080/docs", "API documents", "http")] });
        source.Set(Project("inbox-yxcvbnma", "inbox", 20533, "http://localhost:8025") with { State = "Starting", Health = null });
        source.Set(new DashboardResource { Id = "pairing-admin-key", Name = "pairing-admin-key", Type = "Parameter", State = "Running", Environment = [new("value", "secret-parameter", IsSecret: true)] });
        source.Set(new DashboardResource { Id = "platform-admin-email", Name = "platform-admin-email", Type = "Parameter", State = "ValueMissing" });
    }

    public static void AddConsole(DashboardSource source, string id)
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-3);
        var text = new (string Text, bool IsError)[]
        {
            ("\x1b[32minfo\x1b[39m\x1b[22m\x1b[49m: Microsoft.Hosting.Lifetime[14]", false),
            ("      Now listening on: http://localhost:40531", false),
            ("\x1b[32minfo\x1b[39m\x1b[22m\x1b[49m: Pairing.Data.Migrations[3]", false),
            ("      Applied \x1b[1m0002_devices.sql\x1b[22m in \x1b[36m41 ms\x1b[39m", false),
            ("\x1b[1m\x1b[33mwarn\x1b[39m\x1b[22m\x1b[49m: Pairing.Features.StartPairing[0]", false),
            ("      Tenant 7c2f exceeds \x1b[38;5;208m80 %\x1b[0m of its rate", false),
            ("\x1b[41m\x1b[30mfail\x1b[39m\x1b[22m\x1b[49m: ServiceDefaults.Messaging.OutboxRelay[7]", false),
            ("      RabbitMQ.Client.Exceptions.BrokerUnreachableException: None of the specified endpoints were reachable", false),
            ("Unhandled exception. System.InvalidOperationException: <script>alert('no')</script>", true),
            ("   at Pairing.Program.Main(String[] args) in /src/Pairing/Program.cs:line 14", true),
        };
        for (var round = 0; round < 12; round++)
        {
            foreach (var (line, isError) in text)
            {
                source.Write(id, line, isError, at += TimeSpan.FromMilliseconds(137));
            }
        }
    }

    /// <summary>A pairing through gateway, service, Postgres, Redis and broker to a consumer; another that fails.</summary>
    public static async Task<ActivityTraceId> SendTracesAndLogsAsync(DashboardServer server)
    {
        using var gateway = new Sender(server, "gateway", "g1");
        using var pairing = new Sender(server, "pairing", "kxwpzqrt");
        using var registry = new Sender(server, "device-registry", "d1");
        var now = DateTime.UtcNow.AddSeconds(-20);

        for (var i = 0; i < 12; i++)
        {
            using var poll = gateway.Start("GET /tenants/v1/pairing/status/{jti}", ActivityKind.Server, default, now.AddSeconds(i), 4 + i, ("http.request.method", "GET"), ("http.response.status_code", "200"));
        }

        using var root = gateway.Start("POST /mobile/v1/pairing/complete", ActivityKind.Server, default, now.AddSeconds(14), 48,
            ("http.request.method", "POST"), ("http.route", "/mobile/v1/pairing/complete"), ("http.response.status_code", "204"));
        using var proxy = gateway.Start("POST", ActivityKind.Client, root.Context, now.AddSeconds(14).AddMilliseconds(1), 46, ("http.request.method", "POST"), ("server.address", "localhost"), ("server.port", "40531"));
        using var handler = pairing.Start("POST /mobile/v1/pairing/complete", ActivityKind.Server, proxy.Context, now.AddSeconds(14).AddMilliseconds(2), 43, ("http.request.method", "POST"));
        using (var nonce = pairing.Start("GETDEL", ActivityKind.Client, handler.Context, now.AddSeconds(14).AddMilliseconds(4), 0.9, ("db.system.name", "redis"), ("server.address", "localhost"), ("server.port", "38211")))
        using (var verify = pairing.Start("verify signature", ActivityKind.Internal, handler.Context, now.AddSeconds(14).AddMilliseconds(6), 2.4))
        using (var insert = pairing.Start("pairing-db", ActivityKind.Client, handler.Context, now.AddSeconds(14).AddMilliseconds(10), 21, ("db.system.name", "postgresql"), ("db.query.text", "UPDATE pairings SET state = 'APPROVED' WHERE jti = $1 RETURNING id"), ("server.address", "localhost"), ("server.port", "41873")))
        {
            pairing.Log(handler, LogLevel.Information, "Pairing {Jti} completed by device {DeviceId}", "01J8Z3", "8f14e45f");
        }

        using var publish = pairing.Start("DevicePaired publish", ActivityKind.Producer, handler.Context, now.AddSeconds(14).AddMilliseconds(36), 6, ("messaging.system", "rabbitmq"), ("server.address", "localhost"), ("server.port", "40021"));
        using var consume = registry.Start("device-registry-device-paired process", ActivityKind.Consumer, publish.Context, now.AddSeconds(14).AddMilliseconds(45), 17, ("messaging.system", "rabbitmq"));
        using (var write = registry.Start("device-registry-db", ActivityKind.Client, consume.Context, now.AddSeconds(14).AddMilliseconds(48), 9, ("db.system.name", "postgresql"), ("server.address", "localhost"), ("server.port", "41873")))
        {
            registry.Log(consume, LogLevel.Warning, "Device {DeviceId} replaces an older one of {User}", "8f14e45f", "u-77");
        }

        using (var failed = gateway.Start("POST /mobile/v1/pairing/init", ActivityKind.Server, default, now.AddSeconds(16), 31, ("http.request.method", "POST"), ("http.response.status_code", "503")))
        using (var inner = pairing.Start("POST /mobile/v1/pairing/init", ActivityKind.Server, failed.Context, now.AddSeconds(16).AddMilliseconds(2), 27, ("http.request.method", "POST")))
        {
            inner.SetStatus(ActivityStatusCode.Error, "Postgres is away");
            failed.SetStatus(ActivityStatusCode.Error);
            inner.AddEvent(new ActivityEvent("exception", tags: new ActivityTagsCollection { ["exception.type"] = "Npgsql.NpgsqlException", ["exception.stacktrace"] = "Npgsql.NpgsqlException: Exception while connecting\n   at Npgsql.Internal.NpgsqlConnector.Connect()" }));
            pairing.LogException(inner, "Pairing could not be started");
        }

        for (var i = 0; i < 30; i++)
        {
            pairing.Log(null, i % 7 == 3 ? LogLevel.Debug : LogLevel.Information, "Relay published {Count} events in {Milliseconds} ms", i.ToString(CultureInfo.InvariantCulture), "3");
        }

        return root.TraceId;
    }

    /// <summary>Half an hour of metrics of two instances, as an exporter would have sent them.</summary>
    public static async Task SendMetricsAsync(DashboardServer server)
    {
        var now = DateTimeOffset.UtcNow;
        double[] bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
        foreach (var (instance, factor) in new[] { ("kxwpzqrt", 1.0), ("mbvnwqes", 0.6) })
        {
            double gets = 0, posts = 0;
            var buckets = new ulong[bounds.Length + 1];
            double sum = 0;
            for (var at = now.AddMinutes(-30); at <= now; at += TimeSpan.FromSeconds(10))
            {
                var wave = 1 + Math.Sin(at.ToUnixTimeSeconds() / 140.0);
                gets += factor * (120 + (90 * wave));
                posts += factor * (25 + (30 * (2 - wave)));
                for (var i = 0; i < 5; i++)
                {
                    buckets[i] += (ulong)(factor * (40 - (7 * i)) * (1 + (wave * i / 4)));
                    sum += 0.4 * wave;
                }

                using var answer = await server.ExportAsync("/v1/metrics", OtlpRequests.Envelope("pairing", "Microsoft.AspNetCore.Hosting",
                [
                    OtlpRequests.Counter("http.server.requests", at, Math.Floor(gets), ("http.request.method", "GET"), ("http.route", "/tenants/v1/pairing/status/{jti}")),
                    OtlpRequests.Counter("http.server.requests", at, Math.Floor(posts), ("http.request.method", "POST"), ("http.route", "/mobile/v1/pairing/complete")),
                    OtlpRequests.Histogram("http.server.request.duration", at, bounds, buckets, sum, ("http.request.method", "GET")),
                    OtlpRequests.Gauge("outbox.depth", at, Math.Round(6 * wave * factor)),
                ], instance));
                Assert.True(answer.IsSuccessStatusCode);
            }
        }
    }

    /// <summary>One service with OpenTelemetry's own SDK and OTLP exporter.</summary>
    internal sealed class Sender : IDisposable
    {
        private readonly ActivitySource source;
        private readonly TracerProvider tracing;
        private readonly ILoggerFactory logs;
        private readonly ILogger logger;

        public Sender(DashboardServer server, string service, string instance)
        {
            source = new ActivitySource($"{service}-{Guid.NewGuid():N}");
            var resource = ResourceBuilder.CreateEmpty().AddService(service, serviceInstanceId: instance, autoGenerateServiceInstanceId: false);
            tracing = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(source.Name).SetSampler(new AlwaysOnSampler())
                .AddOtlpExporter(options => Configure(options, server, "traces")).Build();
            logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                options.IncludeScopes = true;
                options.SetResourceBuilder(resource);
                options.AddOtlpExporter(exporter => Configure(exporter, server, "logs"));
            }));
            logger = logs.CreateLogger("Pairing.Features.CompletePairing");
        }

        public static void Configure(OtlpExporterOptions options, DashboardServer server, string signal)
        {
            options.Endpoint = new Uri(server.Host.OtlpUrl, $"/v1/{signal}");
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
            options.Headers = $"x-otlp-api-key={DashboardServer.Key}";
        }

        public Activity Start(string name, ActivityKind kind, ActivityContext parent, DateTime start, double milliseconds, params (string Name, string Value)[] attributes)
        {
            Activity.Current = null;
            var activity = source.StartActivity(name, kind, parent, startTime: new DateTimeOffset(start))!;
            foreach (var (key, value) in attributes)
            {
                activity.SetTag(key, value);
            }

            activity.SetEndTime(start.AddMilliseconds(milliseconds));
            return activity;
        }

#pragma warning disable CA2254 // The template is the point of the test data.
        public void Log(Activity? activity, LogLevel level, string template, params object[] values)
        {
            Activity.Current = activity;
            using (logger.BeginScope(new Dictionary<string, object>(StringComparer.Ordinal) { ["RequestId"] = "0HN7" }))
            {
                logger.Log(level, new EventId(12, "PairingCompleted"), template, values);
            }

            Activity.Current = null;
        }

        public void LogException(Activity activity, string message)
        {
            Activity.Current = activity;
            logger.Log(LogLevel.Error, new EventId(500), Failure(), message);
            Activity.Current = null;
        }
#pragma warning restore CA2254

        public void Dispose()
        {
            tracing.ForceFlush();
            tracing.Dispose();
            logs.Dispose();
            source.Dispose();
        }

        private static InvalidOperationException Failure()
        {
            try
            {
                throw new InvalidOperationException("Postgres is away");
            }
            catch (InvalidOperationException exception)
            {
                return exception;
            }
        }
    }
}
