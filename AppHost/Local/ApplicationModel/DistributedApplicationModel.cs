namespace Aspire.Hosting.ApplicationModel;

/// <summary>All resources, in the order in which they were added.</summary>
public class DistributedApplicationModel(IResourceCollection resources)
{
    public IResourceCollection Resources { get; } = resources;
}
