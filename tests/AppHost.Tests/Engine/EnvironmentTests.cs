using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace AppHost.Tests.Engine;

/// <summary>What a process is told, read from the process itself.</summary>
public sealed class EnvironmentTests
{
    [Fact]
    public async Task ConnectionString_OfAnOutsideServer_IsPassedAsGivenAndNothingIsStarted()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder("--ConnectionStrings:cache=cache.example:6379,password=p,abortConnect=false");
        var cache = builder.AddRedis("cache");
        var service = Sample(builder, "service").WithReference(cache);
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, service.Resource.Name, limit.Token);

        Assert.Equal("cache.example:6379,password=p,abortConnect=false", variables["ConnectionStrings__cache"]);
        Assert.DoesNotContain("CACHE_HOST", variables.Keys, StringComparer.Ordinal);
        Assert.True(application.ResourceNotifications.TryGetCurrentState("cache", out var state));
        Assert.Null(state!.Snapshot.ProcessId);
    }

    [Fact]
    public async Task Reference_ToAService_PassesItsAddressInBothForms()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var backend = Sample(builder, "back-end");
        var front = Sample(builder, "front").WithReference(backend).WaitFor(backend);
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, front.Resource.Name, limit.Token);

        var address = application.GetEndpoint("back-end").GetLeftPart(UriPartial.Authority);
        Assert.Equal(address, variables["services__back-end__http__0"]);
        Assert.Equal(address, variables["BACK_END_HTTP"]);
    }

    [Fact]
    public async Task Project_Started_KnowsItsAddressAndRunsInItsFolder()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder, "service").WithArgs("--colour", "blue");
        await using var application = await builder.StartAsync(limit.Token);
        var variables = await EnvironmentAsync(application, "service", limit.Token);
        using var client = application.CreateHttpClient("service");
        var process = await client.GetFromJsonAsync<SampleProcess>("/process", limit.Token);

        Assert.Equal(application.GetEndpoint("service").GetLeftPart(UriPartial.Authority), variables["ASPNETCORE_URLS"]);
        Assert.Equal("simple", variables["LOGGING__CONSOLE__FORMATTERNAME"]);
        Assert.Equal("in_memory", variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"]);
        Assert.Equal(Path.GetDirectoryName(new SampleProject().ProjectPath), process!.Directory);
        Assert.Equal(["--colour", "blue"], process.Arguments);
    }

    [Fact]
    public async Task Project_WithoutDashboard_IsNotToldToSendTelemetry()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder, "service");
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, "service", limit.Token);

        Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", variables.Keys, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Project_WithDashboard_IsToldWhereToSendTelemetryAndWithWhichKey()
    {
        using var limit = Stack.Limit();
        var builder = DistributedApplication.CreateBuilder(["--ephemeral=true", "--AppHost:OtlpApiKey=the-key"]);
        Sample(builder, "service");
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, "service", limit.Token);

        Assert.Equal("http/protobuf", variables["OTEL_EXPORTER_OTLP_PROTOCOL"]);
        Assert.Equal("x-otlp-api-key=the-key", variables["OTEL_EXPORTER_OTLP_HEADERS"]);
        Assert.Equal("service", variables["OTEL_SERVICE_NAME"]);
        Assert.Matches("^service.instance.id=[a-z]{8}$", variables["OTEL_RESOURCE_ATTRIBUTES"]);
        Assert.Equal("1000", variables["OTEL_BSP_SCHEDULE_DELAY"]);
        Assert.DoesNotContain(variables.Keys, k => k.Contains("URL_QUERY_REDACTION", StringComparison.Ordinal));
        using var client = new HttpClient();
        using var refused = await client.PostAsync(new Uri(variables["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"), new ByteArrayContent([]), limit.Token);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task AppHostsOwnSecrets_AreNotInherited()
    {
        using var limit = Stack.Limit();
        Environment.SetEnvironmentVariable("Parameters__of_another_service", "secret");
        var builder = Stack.Builder();
        Sample(builder, "service");
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, "service", limit.Token);

        Assert.DoesNotContain("Parameters__of_another_service", variables.Keys, StringComparer.Ordinal);
        Assert.Contains("PATH", variables.Keys, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Replicas_EachHaveAnAddress_AndConsumersKnowAll()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var backend = Sample(builder, "backend").WithReplicas(2);
        var front = Sample(builder, "front").WithReference(backend).WaitFor(backend);
        await using var application = await builder.StartAsync(limit.Token);

        var variables = await EnvironmentAsync(application, front.Resource.Name, limit.Token);

        var addresses = new[] { variables["services__backend__http__0"], variables["services__backend__http__1"] };
        Assert.Equal(variables["BACKEND_HTTP"], addresses[0]);
        Assert.DoesNotContain("services__backend__http__2", variables.Keys, StringComparer.Ordinal);
        var processes = new List<int>();
        foreach (var address in addresses)
        {
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            processes.Add((await client.GetFromJsonAsync<SampleProcess>("/process", limit.Token))!.Id);
        }

        Assert.Equal(2, processes.Distinct().Count());
    }

    [Fact]
    public async Task EndpointVariable_OfAReplica_IsItsOwnPort()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder, "backend").WithReplicas(2).WithEndpoint(scheme: "tcp", name: "extra", env: "EXTRA_PORT");
        await using var application = await builder.StartAsync(limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("backend", limit.Token);

        var ports = new List<string?>();
        await foreach (var change in application.ResourceNotifications.WatchAsync(limit.Token))
        {
            ports.Add(change.Snapshot.EnvironmentVariables.Single(v => v.Name == "EXTRA_PORT").Value);
            if (ports.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(2, ports.Distinct(StringComparer.Ordinal).Count());
    }

    private static IResourceBuilder<ProjectResource> Sample(IDistributedApplicationBuilder builder, string name)
        => builder.AddProject<SampleProject>(name, launchProfileName: null).WithHttpEndpoint().WithHttpHealthCheck("/health");

    private static async Task<Dictionary<string, string>> EnvironmentAsync(DistributedApplication application, string name, CancellationToken cancellationToken)
    {
        await application.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken);
        using var client = application.CreateHttpClient(name);
        return (await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", cancellationToken))!;
    }

    private sealed record SampleProcess(int Id, string Directory, string[] Arguments);
}
