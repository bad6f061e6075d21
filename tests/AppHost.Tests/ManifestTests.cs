using Aspire.Hosting.Testing;

namespace AppHost.Tests;

public sealed class ManifestTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("manifest-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Manifest_OfTheAppModel_IsTheCommittedFile()
    {
        var written = await PublishAsync(Path.Combine(_folder.FullName, "out.json"));

        // Paths in a manifest are relative to it; the committed one lies in the root.
        var fromRoot = written.Replace(Path.GetRelativePath(_folder.FullName, RepositoryPaths.Root).Replace('\\', '/') + "/", string.Empty, StringComparison.Ordinal);
        var committed = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "aspire-manifest.json"), TestContext.Current.CancellationToken);

        // Different: dotnet run --project AppHost -- --publisher manifest --output-path ../aspire-manifest.json
        Assert.Equal(committed, fromRoot);
    }

    [Fact]
    public async Task Manifest_SecretIsConfigured_ValueIsNotInIt()
    {
        var written = await PublishAsync(Path.Combine(_folder.FullName, "out.json"), "--Parameters:pairing-admin-key=1d7c2e1c-9f0a-4a53-8d0e-3f5f2c6b7a81");

        Assert.Contains("pairing-admin-key", written, StringComparison.Ordinal);
        Assert.DoesNotContain("1d7c2e1c", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifest_OutputPathIsAFolder_FileNameIsAppended()
    {
        var folder = Path.Combine(_folder.FullName, "nested");

        await PublishAsync(folder);

        Assert.True(File.Exists(Path.Combine(folder, "aspire-manifest.json")));
    }

    private static async Task<string> PublishAsync(string path, params string[] args)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["--publisher", "manifest", "--output-path", path, .. args], cancellationToken);
        await using var application = await builder.BuildAsync(cancellationToken);
        await application.RunAsync(cancellationToken);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : string.Empty;
    }
}
