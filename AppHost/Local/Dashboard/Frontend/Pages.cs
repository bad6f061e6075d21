namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>Every page is the same document; its script shows what the address says.</summary>
internal static class Pages
{
    private static readonly string[] Paths = ["/", "/parameters", "/console", "/logs", "/traces", "/traces/{id}", "/metrics"];

    public static void Map(IEndpointRouteBuilder routes, StaticAssets assets)
    {
        foreach (var path in Paths)
        {
            routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => assets.WritePageAsync(context, "index.html"));
        }
    }
}
