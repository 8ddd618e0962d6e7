namespace DataGlue.Edge.Tests.Support;

/// <summary>A user whom the rights of files bind; root may write what is read-only.</summary>
public static class Unprivileged
{
    /// <summary>What starts a program as such a user.</summary>
    public static string[] Before { get; } =
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];

    /// <summary>Opens the folder to that user, and copies the program there.</summary>
    public static async Task<NativeBinary> CopyAsync(NativeBinary binary, TempFolder folder)
    {
        Assert.SkipWhen(Before.Length > 0 && !Tools.Has(Before[0]), "needs a user who is not root, or setpriv (apt install util-linux)");
        await RightsAsync(folder.Path, "777");
        var copy = binary.CopyTo(folder.Path);
        await RightsAsync(copy.Path, "755");
        string[] command = [.. Before, "test", "-x", copy.Path];
        Assert.SkipUnless(await Tools.RunAsync(command[0], command[1..]) == 0, "needs a folder for temporary files that another user can reach");
        return copy;
    }

    /// <summary>Sets the rights of a file or a folder, and leaves it to that user.</summary>
    public static async Task RightsAsync(string path, string mode)
    {
        if (Before.Length > 0)
        {
            Assert.Equal(0, await Tools.RunAsync("chown", "65534:65534", path));
        }

        Assert.Equal(0, await Tools.RunAsync("chmod", mode, path));
    }
}
