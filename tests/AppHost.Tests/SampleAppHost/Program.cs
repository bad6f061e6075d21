using System.Globalization;
using Aspire.Hosting;

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
switch (builder.Configuration["Scenario"])
{
    case "failing":
        builder.AddExecutable("broken", "/bin/sh", ".", "-c", "echo reading the table of cats; echo no such table >&2; exit 3")
            .WithHttpEndpoint()
            .WithHttpHealthCheck("/");
        break;
    case "parameter":
        builder.AddParameter("missing-value", secret: true);
        break;
    case "port":
        builder.AddExecutable("listener", "/bin/sleep", ".", "600")
            .WithHttpEndpoint(port: int.Parse(builder.Configuration["Listener:Port"]!, CultureInfo.InvariantCulture));
        break;
    default:
        // Renamed into place: whoever sees the file sees the whole number.
        builder.AddExecutable(
            "sleeper", "/bin/sh", ".", "-c", "echo $$ > \"$0.draft\"; mv \"$0.draft\" \"$0\"; exec sleep 600", builder.Configuration["PidFile"]!);
        break;
}

await builder.Build().RunAsync();
