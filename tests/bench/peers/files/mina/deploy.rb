# For Mina, as its README shows it.
require "mina/git"

# Debian ships the script's template among the examples, where Mina does not look for it.
def Mina.root_path(*path)
  path == ["data/deploy.sh.erb"] ? "/usr/share/doc/mina/examples/deploy.sh.erb" : super
end

set :domain, ENV["BENCH_ADDRESS"]
set :port, ENV["BENCH_PORT"]
set :user, ENV["BENCH_USER"]
set :identity_file, ENV["BENCH_KEY"]
set :ssh_options, "-F none -o UserKnownHostsFile=#{ENV["BENCH_KNOWN_HOSTS"]} -o LogLevel=ERROR"
set :deploy_to, ENV["BENCH_PLACE"]
set :repository, ENV["BENCH_REPOSITORY"]
set :branch, ENV["BENCH_BRANCH"]
set :keep_releases, ENV["BENCH_KEEP"].to_i
set :shared_paths, [".env.local", "config/one.json", "config/two.json", "public/media", "public/uploads"]

task :release do
  deploy do
    invoke :"git:clone"
    invoke :"deploy:link_shared_paths"
    8.times { queue "true" }
    to :launch do
      invoke :"deploy:cleanup"
    end
  end
end
