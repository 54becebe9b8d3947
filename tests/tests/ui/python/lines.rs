use layercake::prelude::*;

network! {
    pub Made: [784] -> [10] {
        self.fc1 = nn.Linear(784, 128), nn.ReLU(inplace = True), fc2: nn::Linear(128, 64),
        nn.Sequential(nn.Linear(64, 32), nn.ReLU()), nn.Identity(), nn.Linear(32, 10)
    }
    pub Called: [3, 32, 32] -> [10] {
        conv1: Conv2d(6, kernel = 5),
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = x.view(x.size(0), -1),
        fc1: Linear(10),
        x = self.fc1(x),
        x = torch.matmul(x, x),
        return x,
    }
    pub Joined: [8] -> [8] {
        ReLU as skip,
        Linear(8),
        x = x + skip,
    }
    pub Statements: [8] -> [8] {
        def forward(self, x):
    }
    pub List: [8] -> [8] {
        Sequential(Linear(8, 8), ReLU())
    }
}

fn main() {}
