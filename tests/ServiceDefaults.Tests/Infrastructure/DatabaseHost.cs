using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>A host that has a database and nothing else.</summary>
internal static class DatabaseHost
{
    public static IHost Build(string connectionString, LogCapture log, Action<IServiceCollection>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:db"] = connectionString;
        builder.Logging.AddProvider(log);
        builder.AddDatabase<NoMigrations>("db");
        configure?.Invoke(builder.Services);
        return builder.Build();
    }
}
