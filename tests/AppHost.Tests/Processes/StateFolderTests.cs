using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

public sealed class StateFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("apphost-tests-").FullName;
    private readonly List<string> _rootsData = [];

    public void Dispose()
    {
        foreach (var folder in _rootsData.Append(_folder).Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Open_InUse_RefusedWithOwnerAndTheWayAround()
    {
        using var first = Open();
        var refused = Assert.Throws<DistributedApplicationException>(Open);
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        Assert.Contains("--ephemeral=true", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterDispose_KeepsWhatWasThere()
    {
        string file;
        using (var first = Open())
        {
            file = Path.Combine(first.For("redis"), "dump.rdb");
            File.WriteAllText(file, "data");
        }

        using var second = Open();
        Assert.Equal("data", File.ReadAllText(file));
    }

    [Fact]
    public void Open_FolderReadableByAll_BecomesPrivate()
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder, ".local")).FullName;
        using var state = Open();
        Assert.Equal(path, state.Path);
        AssertPrivate(state.Path);
        AssertPrivate(state.For("redis"));
    }

    [Fact]
    public void Open_AsRoot_PostgresDataCanBeEnteredByAnotherUser()
    {
        using var state = Open();
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.StartsWith(state.Path, state.PostgresData, StringComparison.Ordinal);
            AssertPrivate(state.PostgresData);
            return;
        }

        Assert.StartsWith("/var/lib/platform/", state.PostgresData, StringComparison.Ordinal);
        Assert.True(CanBeEntered(state.PostgresData));
        using var ephemeral = StateFolder.Open(_folder, ephemeral: true);
        Assert.True(CanBeEntered(ephemeral.PostgresData));
    }

    [Fact]
    public void Dispose_SomebodyElseDeletesToo_IsGoneAndNothingThrown()
    {
        for (var round = 0; round < 20; round++)
        {
            var state = StateFolder.Open(_folder, ephemeral: true);
            var data = state.For("rabbitmq");
            for (var file = 0; file < 300; file++)
            {
                File.WriteAllText(Path.Combine(data, file.ToString(CultureInfo.InvariantCulture)), "");
            }

            Parallel.Invoke(
                state.Dispose,
                () =>
                {
                    try
                    {
                        Directory.Delete(state.Path, recursive: true);
                    }
                    catch (IOException)
                    {
                        // The other was faster.
                    }
                });

            Assert.False(Directory.Exists(state.Path));
        }
    }

    [Fact]
    public void Open_Ephemeral_ApartFromAnyOtherAndGoneAfterwards()
    {
        var first = StateFolder.Open(_folder, ephemeral: true);
        using var second = StateFolder.Open(_folder, ephemeral: true);
        Assert.NotEqual(first.Path, second.Path);
        Assert.NotEqual(first.PostgresData, second.PostgresData);
        AssertPrivate(first.Path);
        File.WriteAllText(Path.Combine(first.For("redis"), "dump.rdb"), "data");
        first.Dispose();
        Assert.False(Directory.Exists(first.Path));
        Assert.False(Directory.Exists(first.PostgresData));
        Assert.True(Directory.Exists(second.Path));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("")]
    public void For_NotAName_Refused(string name)
    {
        using var state = Open();
        Assert.ThrowsAny<ArgumentException>(() => state.For(name));
    }

    private static void AssertPrivate(string path)
        => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(path));

    private static UnixFileMode Mode(string path) => new DirectoryInfo(path).UnixFileMode;

    /// <summary>Every folder on the way lets other users through.</summary>
    private static bool CanBeEntered(string path)
        => Mode(path).HasFlag(UnixFileMode.OtherExecute) && (Path.GetDirectoryName(path) is not { } parent || CanBeEntered(parent));

    private StateFolder Open()
    {
        var state = StateFolder.Open(_folder, ephemeral: false);
        _rootsData.Add(state.PostgresData);
        return state;
    }
}
