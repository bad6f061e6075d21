using Campaigns.Tests;

[assembly: AssemblyFixture(typeof(CampaignPlatform))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Campaigns.Tests;

/// <summary>The stack that all campaigns share, one after the other.</summary>
public sealed class CampaignPlatform : SignedInPlatform;
