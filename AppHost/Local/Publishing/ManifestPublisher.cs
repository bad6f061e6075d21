using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the manifest to the file that <c>--output-path</c> names. Nothing is started and no parameter is read.</summary>
internal sealed class ManifestPublisher(
    DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext, IConfiguration configuration)
{
    private const string FileName = "aspire-manifest.json";

    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        var path = configuration["Publishing:OutputPath"] is { Length: > 0 } given
            ? Path.GetFullPath(given)
            : throw new DistributedApplicationException("Where to? Give the manifest's path: --output-path ../aspire-manifest.json");
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            path = Path.Combine(path, FileName);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // Complete in memory first: a failure leaves the old file as it was.
        using var content = new MemoryStream();
        await using (var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            await new ManifestWriter(new(executionContext, path, json, cancellationToken)).WriteAsync(model);
        }

        await File.WriteAllBytesAsync(path, content.ToArray(), cancellationToken);
    }
}
