using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.Extensions.FileProviders;

namespace Gateway.Pages;

/// <summary>
/// The files of the account pages as they were at one moment. They lie below <c>wwwroot</c> and are served from memory.
/// <para>
/// The document names its script and style below <c>/assets/{version}/</c>, where the version is a hash over all files. Modules
/// import each other by relative addresses and so stay below the same version. Everything but the document may therefore be
/// kept by browsers for ever, without a build step that renames files.
/// </para>
/// </summary>
internal sealed class PageSet
{
    private const string DocumentName = "index.html";
    private const string AssetFolder = "assets/";
    private const string DeveloperLinksMark = "<!-- developer links -->";

    private readonly Dictionary<string, PageFile> _assets;

    private PageSet(PageFile document, Dictionary<string, PageFile> assets, string version, string signature)
    {
        Document = document;
        _assets = assets;
        Version = version;
        Signature = signature;
    }

    /// <summary>What every page address answers with.</summary>
    public PageFile Document { get; }

    /// <summary>Hash over all assets: the segment of the path that makes their addresses change with their content.</summary>
    public string Version { get; }

    /// <summary>Names, lengths and times of the files that were read, to notice a change.</summary>
    public string Signature { get; }

    public PageFile? FindAsset(string path) => _assets.GetValueOrDefault(path);

    /// <returns><see langword="null"/> when there is no document to serve.</returns>
    public static PageSet? Read(IFileProvider files, IReadOnlyDictionary<string, Uri> developerLinks)
    {
        var document = files.GetFileInfo(DocumentName);
        if (!document.Exists)
        {
            return null;
        }

        var assets = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        foreach (var (path, file) in Walk(files, AssetFolder))
        {
            if (PageFile.TryCreate(path, Content(file)) is { } asset)
            {
                assets.Add(path[AssetFolder.Length..], asset);
            }
        }

        var index = string.Join('\n', assets.OrderBy(asset => asset.Key, StringComparer.Ordinal).Select(asset => $"{asset.Key} {asset.Value.Hash}"));
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(index)))[..16];
        var html = Encoding.UTF8.GetString(Content(document))
            .Replace("\"/assets/", $"\"/assets/{version}/", StringComparison.Ordinal)
            .Replace(DeveloperLinksMark, Links(developerLinks), StringComparison.Ordinal);
        return new PageSet(PageFile.TryCreate(DocumentName, Encoding.UTF8.GetBytes(html))!, assets, version, SignatureOf(files));
    }

    /// <summary>Cheap to compute: nothing is read but the folder.</summary>
    public static string SignatureOf(IFileProvider files)
        => string.Join('\n', Walk(files, AssetFolder).Append((DocumentName, files.GetFileInfo(DocumentName)))
            .Select(entry => FormattableString.Invariant($"{entry.Item1} {entry.Item2.Length} {entry.Item2.LastModified.UtcTicks}"))
            .Order(StringComparer.Ordinal));

    private static IEnumerable<(string Path, IFileInfo File)> Walk(IFileProvider files, string folder)
    {
        foreach (var entry in files.GetDirectoryContents(folder))
        {
            var path = folder + entry.Name;
            if (!entry.IsDirectory)
            {
                yield return (path, entry);
                continue;
            }

            foreach (var inner in Walk(files, path + "/"))
            {
                yield return inner;
            }
        }
    }

    private static byte[] Content(IFileInfo file)
    {
        using var stream = file.CreateReadStream();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static string Links(IReadOnlyDictionary<string, Uri> links)
        => string.Concat(links.OrderBy(link => link.Key, StringComparer.Ordinal).Select(link
            => $"<a href=\"{HtmlEncoder.Default.Encode(link.Value.AbsoluteUri)}\">{HtmlEncoder.Default.Encode(link.Key)}</a>"));
}
