using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;

namespace Aspire.Hosting;

public static class ContainerResourceBuilderExtensions
{
    /// <summary>Of a container; the default engine's servers end with the AppHost.</summary>
    public static IResourceBuilder<T> WithLifetime<T>(this IResourceBuilder<T> builder, ContainerLifetime lifetime)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(new ContainerLifetimeAnnotation { Lifetime = lifetime }, ResourceAnnotationMutationBehavior.Replace);
    }

    /// <summary>Of a container; the default engine uses the version that this machine has.</summary>
    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(tag);
        var image = builder.Resource.LastAnnotation<ContainerImageAnnotation>()
            ?? throw new InvalidOperationException($"'{builder.Resource.Name}' has no image.");
        image.Tag = tag;
        return builder;
    }

    internal static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string tag)
        where T : ContainerResource
        => builder.WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = image, Tag = tag });

    internal static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly)
        where T : ContainerResource
        => builder.WithAnnotation(new VolumeAnnotation(name ?? VolumeName(builder, "data"), target, isReadOnly));

    // {app}-{hash}-{resource}-{suffix}: two applications on one machine do not share a volume.
    private static string VolumeName<T>(IResourceBuilder<T> builder, string suffix)
        where T : IResource
    {
        var application = builder.ApplicationBuilder;
        var projectName = AppHostMetadata.ProjectName(application.AppHostAssembly) ?? application.Environment.ApplicationName;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(projectName)))[..10];
        var name = string.Concat(application.Environment.ApplicationName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' ? c : '_'));
        return $"{name.ToLowerInvariant()}-{hash}-{builder.Resource.Name}-{suffix}";
    }
}
